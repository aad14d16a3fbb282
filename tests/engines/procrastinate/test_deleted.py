"""Jobs that are deleted when they end take their events with them: then flows cannot be told."""

from __future__ import annotations

from jobqueue_exporter.engines.protocol import Reader
from jobqueue_exporter.model import Flow, FlowWindow, Signal
from tests.deadline import until
from tests.engines.procrastinate.site import Site

PUT = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'ok')"


def _window(site: Site, reader: Reader) -> FlowWindow:
    told = site.told(reader)
    assert told.errors == {}
    assert told.facts.flow_window is not None
    return told.facts.flow_window


def _counted(site: Site, what: str) -> int:
    """How many events Postgres has counted; the test's own session hands in its count when asked to."""
    site.run("SELECT pg_stat_force_next_flush()")
    return int(site.row(f"SELECT pg_stat_get_tuples_{what}('procrastinate_events'::regclass)")[0])


def _deleted(site: Site) -> int:
    return _counted(site, "deleted")


def _ended_before(site: Site, *, jobs: int, minutes: int) -> None:
    """So many jobs that have succeeded so long ago, of which Postgres knows."""
    for _ in range(jobs):
        _short_job(site)
    site.run(f"UPDATE procrastinate_events SET at = at - interval '{minutes} min'")
    until(lambda: _counted(site, "inserted") == 3 * jobs)


def _short_job(site: Site, *options: str) -> None:
    """A job that comes and goes between two readings."""
    site.run(PUT)
    site.work(*options)


def _short_job_deleted(site: Site) -> None:
    before = _deleted(site)
    _short_job(site, "--delete")
    until(lambda: _deleted(site) > before)


def test_jobs_shorter_than_the_time_between_readings_are_missed(site: Site) -> None:
    reader = site.reader()
    assert _window(site, reader).tells

    _short_job_deleted(site)
    window = _window(site, reader)

    assert (window.tells, window.counts) == (frozenset(), ())
    assert not reader.signals[Signal.FINISHED]
    assert "jobs vanish when they end" in " ".join(site.told(reader).facts.notices or ())


def test_jobs_that_vanish_again_and_again_are_missed_although_others_succeed(site: Site) -> None:
    _ended_before(site, jobs=1, minutes=2)
    reader = site.reader()
    told = [bool(_window(site, reader).tells)]

    for _ in range(3):
        _short_job_deleted(site)
        told.append(bool(_window(site, reader).tells))

    assert told == [True, True, True, False]


def test_the_deletion_of_old_jobs_hides_nothing(site: Site) -> None:
    _ended_before(site, jobs=3, minutes=9000)
    reader = site.reader()
    _window(site, reader)

    for old in (1, 2, 3):
        before = _deleted(site)
        site.run(
            PUT,
            f"DELETE FROM procrastinate_jobs WHERE id = {old}",
        )
        until(lambda before=before: _deleted(site) > before)  # type: ignore[misc]  # mypy infers no type of a default
        assert _window(site, reader).tells


def test_a_job_that_could_not_be_enqueued_is_none_that_vanished(site: Site) -> None:
    _ended_before(site, jobs=1, minutes=9000)
    reader = site.reader()
    _window(site, reader)
    before = _deleted(site)
    queue = "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock) VALUES ('default', 'ok', 'one')"
    site.run(queue, f"{queue} ON CONFLICT DO NOTHING", "DELETE FROM procrastinate_jobs WHERE id = 1")
    until(lambda: _deleted(site) > before)

    window = _window(site, reader)

    assert {one.flow for one in window.counts} == {Flow.ENQUEUED}


def test_what_postgres_learns_late_is_none_that_vanished(site: Site) -> None:
    _ended_before(site, jobs=1, minutes=9000)
    reader = site.reader()
    site.run(*[PUT] * 5)
    _window(site, reader)
    before = _deleted(site)
    site.run("DELETE FROM procrastinate_jobs WHERE id = 1")
    until(lambda: _deleted(site) > before)

    assert _window(site, reader).tells
