"""Several change the same jobs at once, or the connection is lost: no job is changed twice, and none in silence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from jobqueue_exporter.engines.operations import Change
from jobqueue_exporter.errors import Refused, Unreachable
from jobqueue_exporter.model import State
from tests.deadline import until
from tests.engines.procrastinate.site import CANCEL, REQUEUE, Site

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
ENDS = "PERFORM pg_terminate_backend(pg_backend_pid())"
FAILS = "RAISE EXCEPTION 'not today'"


@pytest.fixture
def dead(site: Site) -> list[str]:
    """The ids of failed jobs."""
    jobs = [site.defer("boom") for _ in range(50)]
    site.work()
    return [str(job) for job in jobs]


def _trigger(site: Site, does: str, when: str) -> None:
    """Lets Postgres do this after each change of a job's row, or at the end of the transaction."""
    site.run(
        f"CREATE FUNCTION hit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {does}; RETURN NULL; END$$",
        "CREATE CONSTRAINT TRIGGER hit AFTER UPDATE ON procrastinate_jobs DEFERRABLE "
        f"INITIALLY {when} FOR EACH ROW EXECUTE FUNCTION hit()",
    )


def test_jobs_requeued_from_two_terminals_at_once_are_requeued_once(site: Site, dead: list[str]) -> None:
    operators = [site.operator(), site.operator()]

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda at: list(operators[at].change(REQUEUE, dead[:: 1 - 2 * at])), range(2))

    done = sorted(int(change.id) for change in (*one, *other) if change.done)
    assert done == [int(job) for job in dead]
    assert {change.text for change in (*one, *other) if not change.done} == {"it is todo, not failed: left alone"}
    retried = "SELECT count(*), count(DISTINCT job_id) FROM procrastinate_events WHERE type = 'retried'"
    assert site.row(retried) == (50, 50)
    assert {job.attempts for job in site.jobs()} == {2}


def test_a_job_that_moves_on_while_it_is_waited_for_is_left_alone(site: Site) -> None:
    job, other = site.defer("ok"), site.defer("ok")

    with ThreadPoolExecutor(1) as pool, psycopg.connect(site.database.dsn) as worker:
        taken = worker.execute(b"SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)").fetchone()
        change = pool.submit(lambda: list(site.operator().change(CANCEL, [str(job), str(other)])))
        until(lambda: site.row(WAITING)[0])
        worker.commit()

    assert taken == (job,)
    assert change.result() == [
        Change(str(job), False, "it is doing, not todo: left alone", State.RUNNING, "doing"),
        Change(str(other), True, "it was todo, and is cancelled now"),
    ]


def test_a_connection_lost_during_the_commit_leaves_it_open_what_was_done(site: Site, dead: list[str]) -> None:
    ended = site.defer("ok")
    site.work()
    _trigger(site, ENDS, "DEFERRED")

    first, second = site.operator().change(REQUEUE, [dead[0], str(ended)])

    assert first.done is None
    assert first.text.endswith("while the change was being committed: it may be in force or not, look at it again")
    assert second == Change(str(ended), False, "it is succeeded, not failed: left alone", None, "succeeded")


def test_a_connection_lost_before_the_commit_changes_nothing(site: Site, dead: list[str]) -> None:
    _trigger(site, ENDS, "IMMEDIATE")
    operator = site.operator()

    with pytest.raises(Unreachable):
        list(operator.change(REQUEUE, dead))
    site.run("DROP FUNCTION hit CASCADE")

    assert {job.status for job in site.jobs()} == {"failed"}
    assert all(change.done for change in operator.change(REQUEUE, dead))


@pytest.mark.parametrize("when", ["DEFERRED", "IMMEDIATE"])
def test_a_change_that_the_database_will_not_have_changes_nothing(site: Site, dead: list[str], when: str) -> None:
    _trigger(site, FAILS, when)

    with pytest.raises(Refused, match="not today"):
        list(site.operator().change(REQUEUE, dead))
    assert {job.status for job in site.jobs()} == {"failed"}


def test_the_clock_is_that_of_the_database(site: Site) -> None:
    now = "SELECT date_part('epoch', clock_timestamp())"

    before, clock, after = site.row(now)[0], site.operator().clock, site.row(now)[0]

    assert before <= clock <= after
