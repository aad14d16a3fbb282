"""Single jobs, listed and shown as the engine has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobqueue_exporter.engines.operations import Event, Job, Wanted
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from jobqueue_exporter.secret import Secret
from tests.engines.procrastinate.site import Site


@pytest.fixture
def worked(site: Site) -> Site:
    """Jobs in many states."""
    for task in ("ok", "boom", "flaky", "boom"):
        site.defer(task, {"n": 1} if task == "flaky" else {})
    site.work()
    site.defer("ok", schedule_in={"hours": 1})
    for _ in range(2):
        site.defer("ok", queue="mail", lock="a")
    return site


def _ids(site: Site, state: State, **wanted: object) -> list[int]:
    listed = site.operator().list(replace(Wanted(state=state), **wanted))  # type: ignore[arg-type]  # by name
    return [int(job.id) for job in listed]


def test_jobs_are_listed_by_state_the_oldest_first(worked: Site) -> None:
    assert {state: _ids(worked, state) for state in State} == {
        State.PENDING: [6],
        State.SCHEDULED: [5],
        State.RETRYING: [3],
        State.BLOCKED: [7],
        State.RUNNING: [],
        State.DEAD_LETTER: [2, 4],
    }
    assert _ids(worked, State.DEAD_LETTER, limit=1) == [2]
    assert _ids(worked, State.PENDING, queue="default") == []
    assert _ids(worked, State.PENDING, queue="mail", kind="ok") == [6]
    assert _ids(worked, State.DEAD_LETTER, kind="it's \\ none") == []


def test_a_listed_job_has_the_times_of_its_events(worked: Site) -> None:
    moments = worked.row(
        "SELECT array_agg(date_part('epoch', at) ORDER BY id) FROM procrastinate_events WHERE job_id = 2"
    )[0]
    created, started, ended = moments

    first = next(worked.operator().list(Wanted(state=State.DEAD_LETTER)))

    assert first == Job(
        id="2",
        lane=Lane("default", "boom"),
        state=State.DEAD_LETTER,
        word="failed",
        attempts=1,
        created_at=created,
        started_at=started,
        since=ended,
        ended_at=ended,
    )


def test_all_that_is_kept_of_a_job_is_shown(worked: Site) -> None:
    rows = worked.database.connection.execute(
        b"SELECT date_part('epoch', at), type::text FROM procrastinate_events WHERE job_id = 3 ORDER BY id"
    ).fetchall()

    detail = worked.operator().inspect("3")

    assert detail is not None
    assert (detail.job.state, detail.job.word, detail.job.attempts) == (State.RETRYING, "todo", 1)
    assert detail.payload == '{"n": 1}'
    assert detail.events == tuple(Event(at, what) for at, what in rows)
    assert [one.what for one in detail.events][:3] == ["deferred", "started", "scheduled"]
    assert detail.more["priority"] == "0"
    assert detail.now >= max(one.at for one in detail.events if one.what != "scheduled")
    assert detail.job.row == next(worked.operator().list(Wanted(state=State.RETRYING, whole=True))).row
    assert replace(detail.job, row="") == next(worked.operator().look(["3"]))


def test_a_job_that_ended_well_needs_nobody(worked: Site) -> None:
    detail = worked.operator().inspect("1")

    assert detail is not None
    assert (detail.job.state, detail.job.word) == (None, "succeeded")


@pytest.mark.parametrize("name", ["99", "x", "", "-1", "9" * 25, "²"])
def test_there_is_no_job_of_that_id(worked: Site, name: str) -> None:
    assert worked.operator().inspect(name) is None


def test_a_payload_that_may_not_be_read_is_left_out(worked: Site) -> None:
    columns = "id, queue_name, task_name, status, scheduled_at, attempts"
    worked.role("watcher", f"SELECT ({columns}) ON procrastinate_jobs", "SELECT ON procrastinate_events")

    detail = worked.operator("watcher").inspect("2")

    assert detail is not None
    assert (detail.job.state, detail.payload) == (State.DEAD_LETTER, "")
    assert detail.more["payload"].startswith("not readable: permission denied for table procrastinate_jobs")
    assert detail.job.row == ""
    with pytest.raises(Refused, match="permission denied for table procrastinate_jobs"):
        list(worked.operator("watcher").list(Wanted(state=State.DEAD_LETTER, whole=True)))


def test_a_payload_is_read_by_the_connection_for_changes_where_only_that_may(worked: Site) -> None:
    columns = "id, queue_name, task_name, status, scheduled_at, attempts"
    worked.role("watcher", f"SELECT ({columns}) ON procrastinate_jobs", "SELECT ON procrastinate_events")
    worked.role("changer", "SELECT ON ALL TABLES IN SCHEMA public")
    operator = worked.operator("watcher", write_dsn=Secret(worked.database.dsn_of("changer")))

    detail = operator.inspect("3")

    assert detail is not None
    assert detail.payload == '{"n": 1}'
    assert next(operator.list(Wanted(state=State.RETRYING, whole=True))).row == detail.job.row
