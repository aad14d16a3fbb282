"""Jobs are listed by what a person wants to see, page by page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.procrastinate.listing import PAGE
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Cause, RecoveryState, State
from tests.deadline import until
from tests.engines.procrastinate.site import Site


def _ids(site: Site, state: State = State.DEAD_LETTER, **wanted: Any) -> list[int]:
    return [int(job.id) for job in site.operator().list(Wanted(state=state, **wanted))]


def _moved(site: Site, event: str, job: int, *, hours: int) -> None:
    """This event of a job was so many hours ago."""
    site.run(
        f"UPDATE procrastinate_events SET at = now() - interval '{hours} h' WHERE job_id = {job} AND type = '{event}'"
    )


@pytest.fixture
def many(site: Site) -> Site:
    """More failed jobs than two pages hold."""
    task = site.app.configure_task("boom", queue="default")
    task.batch_defer(*({} for _ in range(2 * PAGE + 1)))
    site.run("UPDATE procrastinate_jobs SET status = 'doing'", "UPDATE procrastinate_jobs SET status = 'failed'")
    return site


def test_all_of_many_jobs_are_listed_each_once(many: Site) -> None:
    assert _ids(many, limit=None) == [job.id for job in many.jobs(status="failed")]
    assert _ids(many, limit=PAGE) == list(range(1, PAGE + 1))
    assert _ids(many, limit=PAGE + 1) == list(range(1, PAGE + 2))
    assert _ids(many, limit=0) == []


def test_no_transaction_is_open_between_two_pages(many: Site) -> None:
    listed = many.operator().list(Wanted(state=State.DEAD_LETTER, limit=None))
    next(listed)

    states = "SELECT array_agg(state) FROM pg_stat_activity WHERE application_name = 'jobqueue_exporter'"
    until(lambda: many.row(states) == (["idle"],))
    assert len(list(listed)) == 2 * PAGE


def test_a_page_goes_on_after_the_last_job_of_the_one_before(site: Site) -> None:
    jobs = [site.defer("boom") for _ in range(5)]
    site.work()

    assert _ids(site, limit=2) == jobs[:2]
    assert _ids(site, limit=2, after=str(jobs[1])) == jobs[2:4]
    assert _ids(site, after=str(jobs[4])) == []
    with pytest.raises(Refused, match=r"there is no job 'x' to go on after: ids are whole numbers"):
        _ids(site, after="x")


def test_the_newest_come_first_where_that_is_asked_for(many: Site) -> None:
    last = 2 * PAGE + 1
    whole = [*range(last, 0, -1)]

    assert _ids(many, newest=True, limit=None) == whole
    assert _ids(many, newest=True, limit=PAGE + 1) == whole[: PAGE + 1]
    assert _ids(many, newest=True, limit=3, after=str(last - 9)) == whole[10:13]
    assert _ids(many, newest=True, after="1") == []


def test_a_page_of_the_newest_reads_only_a_handful_of_rows(many: Site) -> None:
    many.run("CREATE INDEX ON procrastinate_jobs (id, queue_name, task_name) WHERE status = 'failed'")
    many.run("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id > 50 AND id % 5 > 0")
    many.run("VACUUM ANALYZE procrastinate_jobs")
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'procrastinate_jobs'"
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        " AND application_name = 'jobqueue_exporter'"
    )
    many.run("SELECT pg_stat_force_next_flush()")
    before = many.row(read)[0]

    operator = many.operator()
    found = list(operator.list(Wanted(state=State.DEAD_LETTER, newest=True, limit=20)))
    operator.close()

    assert [job.id for job in found] == [str(one) for one in range(2 * PAGE, 2 * PAGE - 100, -5)]
    until(lambda: many.row(others)[0] == 0)
    assert many.row(read)[0] - before < 100


def test_jobs_are_chosen_by_how_long_they_are_in_their_state(site: Site) -> None:
    dead = [site.defer("boom") for _ in range(2)]
    site.work()
    waiting = [site.defer("ok"), site.defer("ok"), site.defer("ok", schedule_in={"hours": 1})]
    _moved(site, "failed", dead[1], hours=3)
    for job in waiting[1:]:
        _moved(site, "deferred", job, hours=3)

    assert _ids(site, older_than=7200) == dead[1:]
    assert _ids(site, older_than=4 * 3600) == []
    assert _ids(site, State.PENDING, older_than=7200) == waiting[1:2]
    assert _ids(site, State.SCHEDULED, older_than=7200) == waiting[2:]


def test_a_job_is_in_its_state_since_its_last_event(site: Site) -> None:
    for task in ("boom", "flaky", "ok"):
        site.defer(task)
    site.work()
    site.defer("ok")
    site.defer("ok", schedule_in={"hours": 1})
    for lock in ("a", "a"):
        site.defer("ok", lock=lock)

    since = {job.id: job.since for job in site.operator().look(["1", "2", "3", "4", "5", "7"])}

    last = "SELECT max(date_part('epoch', at)) FROM procrastinate_events WHERE job_id = {} AND type <> 'scheduled'"
    assert since == {str(job): site.row(last.format(job))[0] for job in range(1, 6)} | {"7": None}


def test_a_whole_row_is_all_that_the_engine_has_of_a_job(site: Site) -> None:
    job = site.defer("boom", {"n": "ü\n"}, lock="a", queueing_lock="b", priority=3)
    site.work()

    row = json.loads(next(site.operator().list(Wanted(state=State.DEAD_LETTER, whole=True))).row)

    events = row.pop("events")
    theirs = site.jobs(id=job)[0]
    assert {name: row[name] for name in ("id", "queue_name", "task_name", "lock", "queueing_lock", "priority")} == {
        "id": theirs.id,
        "queue_name": theirs.queue,
        "task_name": theirs.task_name,
        "lock": theirs.lock,
        "queueing_lock": theirs.queueing_lock,
        "priority": theirs.priority,
    }
    assert (row["args"], row["status"], row["attempts"]) == (theirs.task_kwargs, theirs.status, theirs.attempts)
    assert [event["type"] for event in events] == ["deferred", "started", "failed"]
    assert next(site.operator().list(Wanted(state=State.DEAD_LETTER))).row == ""


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"cause": Cause.UNKNOWN}, "procrastinate keeps no error of a job, so none can be chosen by it"),
        ({"match": "boom"}, "procrastinate keeps no error of a job, so none can be chosen by it"),
        ({"recovery": RecoveryState.PENDING}, "procrastinate keeps no table of dead jobs"),
        ({"state": State.BLOCKED, "older_than": 5.0}, "does not keep since when a job is blocked"),
    ],
)
def test_what_the_engine_never_keeps_chooses_no_jobs(site: Site, wanted: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        _ids(site, **{"state": State.DEAD_LETTER} | wanted)


def test_stuck_jobs_are_those_that_the_engine_holds_for_stalled(site: Site, tmp_path: Path) -> None:
    jobs = [site.defer("hold", {"path": str(tmp_path / "never")}) for _ in range(2)]
    with site.worker():
        until(lambda: all(site.status(job) == "doing" for job in jobs))
        assert _ids(site, State.RUNNING, stuck=True) == []
        assert _ids(site, State.RUNNING, stuck=False) == jobs
        assert [job.stuck for job in site.operator().list(Wanted(state=State.RUNNING))] == [False, False]

    until(lambda: site.stalled(2))
    assert _ids(site, State.RUNNING, stuck=True) == jobs == sorted(site.stalled(2))
    assert _ids(site, State.RUNNING, stuck=False) == []
    assert _ids(site, State.DEAD_LETTER, stuck=True) == []


def test_without_heartbeats_no_job_is_chosen_by_whether_it_is_stuck(site: Site) -> None:
    site.run("ALTER TABLE procrastinate_jobs DROP COLUMN worker_id CASCADE", "DROP TABLE procrastinate_workers")

    with pytest.raises(Refused, match="no heartbeats of workers can be read in schema public: leave stuck out"):
        _ids(site, State.RUNNING, stuck=True)


def test_named_jobs_are_looked_at_where_they_are(site: Site) -> None:
    jobs = [site.defer(task) for task in ("boom", "ok")]
    site.work()

    found = list(site.operator().look([str(jobs[1]), "99", "x", "9" * 5000, str(jobs[0])]))

    assert [(job.id, job.word) for job in found] == [(str(jobs[0]), "failed"), (str(jobs[1]), "succeeded")]
    assert list(site.operator().look(["x"])) == []


def test_a_job_parked_for_ever_has_no_time_that_is_none(site: Site) -> None:
    site.defer("ok")
    site.run("UPDATE procrastinate_jobs SET scheduled_at = 'infinity'")

    job = next(site.operator().list(Wanted(state=State.SCHEDULED)))

    assert job.due_at is None
    detail = site.operator().inspect(job.id)
    assert detail is not None
    assert detail.events is not None
    assert [event.what for event in detail.events] == ["deferred"]
