"""Failed jobs are given back by the engine's own procedure, and its own worker runs them to their end."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from jobqueue_exporter.engines.operations import Change
from jobqueue_exporter.errors import Refused, Unreachable
from jobqueue_exporter.model import State
from jobqueue_exporter.secret import Secret
from tests.engines.procrastinate.site import REQUEUE, Site


@pytest.fixture
def mended(tmp_path: Path) -> Path:
    """A file whose absence makes the task of this name fail."""
    return tmp_path / "mended"


@pytest.fixture
def job(site: Site, mended: Path) -> int:
    """A job that has failed."""
    job = site.defer("mended", {"path": str(mended)})
    site.work()
    assert site.status(job) == "failed"
    return job


def test_a_requeued_job_is_run_to_its_end(site: Site, job: int, mended: Path) -> None:
    mended.touch()

    changes = list(site.operator().change(REQUEUE, [str(job)]))
    assert site.status(job) == "todo"
    site.work()

    assert changes == [Change(str(job), True, "it was failed, and is todo now")]
    assert site.status(job) == "succeeded"
    assert [one.attempts for one in site.jobs(id=job)] == [3]


def test_a_job_is_requeued_as_the_engine_itself_would(site: Site, job: int) -> None:
    other = site.defer("boom")
    site.work()

    list(site.operator().change(REQUEUE, [str(job)]))
    engine = site.app.job_manager
    engine.retry_job_by_id(other, retry_at=site.row("SELECT now()")[0])

    events = "SELECT array_agg(type::text ORDER BY id) FROM procrastinate_events WHERE job_id = {}"
    assert site.row(events.format(job)) == site.row(events.format(other))
    ours, theirs = (site.jobs(id=one)[0] for one in (job, other))
    assert (ours.status, ours.attempts, ours.worker_id) == (theirs.status, theirs.attempts, theirs.worker_id)
    assert ours.scheduled_at is not None


def test_a_job_in_another_state_is_left_alone_and_said_with_it(site: Site, job: int) -> None:
    succeeded = site.defer("ok")
    site.work()
    waiting = site.defer("ok")
    ids = [str(succeeded), "99", str(waiting), "a", "9" * 30, str(job)]

    assert list(site.operator().change(REQUEUE, ids)) == [
        Change(str(succeeded), False, "it is succeeded, not failed: left alone", None, "succeeded"),
        Change("99", False, "there is no such job"),
        Change(str(waiting), False, "it is todo, not failed: left alone", State.PENDING, "todo"),
        Change("a", False, "there is no job 'a': ids are whole numbers"),
        Change("9" * 30, False, f"there is no job {'9' * 30!r}: ids are whole numbers"),
        Change(str(job), True, "it was failed, and is todo now"),
    ]
    assert [site.status(one) for one in (succeeded, waiting, job)] == ["succeeded", "todo", "todo"]


def test_a_job_that_another_has_locked_is_left_alone_and_the_next_is_changed(site: Site, job: int) -> None:
    other = site.defer("boom")
    site.work()

    with psycopg.connect(site.database.dsn) as connection:
        connection.execute(f"SELECT FROM procrastinate_jobs WHERE id = {job} FOR UPDATE".encode())
        changes = list(site.operator().change(REQUEUE, [str(job), str(other)]))

    assert changes == [
        Change(str(job), False, "another transaction has locked it: left alone", State.DEAD_LETTER, "failed"),
        Change(str(other), True, "it was failed, and is todo now"),
    ]
    assert site.status(job) == "failed"


def test_a_job_whose_place_is_taken_is_left_alone(site: Site) -> None:
    failed = site.defer("boom", queueing_lock="one")
    site.work()
    site.defer("boom", queueing_lock="one")

    assert list(site.operator().change(REQUEUE, [str(failed)])) == [
        Change(
            str(failed),
            False,
            "a job with the same lock or queueing lock is in its place: left alone",
            State.DEAD_LETTER,
            "failed",
        )
    ]
    assert site.status(failed) == "failed"


def test_a_schema_without_the_procedure_is_told(site: Site, job: int) -> None:
    site.run("DROP FUNCTION procrastinate_retry_job_v2")

    with pytest.raises(Refused, match=r"no function procrastinate_retry_job_v2 in schema public: .* up to 3\.4"):
        list(site.operator().change(REQUEUE, [str(job)]))


def test_tables_in_another_schema_are_changed_there(site: Site, job: int, mended: Path) -> None:
    site.run("CREATE SCHEMA jobs")
    for kind, pattern in (("TABLE", "c.relkind = 'r'"), ("SEQUENCE", "false")):
        names = site.database.connection.execute(
            f"SELECT c.relname FROM pg_class c WHERE c.relname LIKE 'procrastinate%' AND {pattern}".encode()
        ).fetchall()
        site.run(*(f"ALTER {kind} {name} SET SCHEMA jobs" for (name,) in names))
    functions = site.database.connection.execute(
        b"SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'procrastinate%'"
    ).fetchall()
    site.run(*(f"ALTER FUNCTION {name} SET SCHEMA jobs" for (name,) in functions))
    site.run(
        "ALTER TYPE procrastinate_job_status SET SCHEMA jobs",
        "ALTER TYPE procrastinate_job_event_type SET SCHEMA jobs",
    )

    assert list(site.operator().change(REQUEUE, [str(job)])) == [
        Change(str(job), True, "it was failed, and is todo now")
    ]
    assert site.row(f"SELECT status::text FROM jobs.procrastinate_jobs WHERE id = {job}") == ("todo",)


def test_a_role_that_may_only_read_is_refused_with_the_reason(site: Site, job: int) -> None:
    site.role("watcher", "SELECT ON ALL TABLES IN SCHEMA public")

    with pytest.raises(Refused, match="permission denied for table procrastinate_jobs"):
        list(site.operator("watcher").change(REQUEUE, [str(job)]))
    assert site.status(job) == "failed"


def test_changes_go_by_the_connection_for_changes(site: Site, job: int) -> None:
    every = "ALL TABLES IN SCHEMA public"
    site.role("watcher", f"SELECT ON {every}")
    site.role("changer", f"SELECT, INSERT, UPDATE ON {every}", "USAGE ON ALL SEQUENCES IN SCHEMA public")
    site.run("ALTER ROLE changer SET default_transaction_read_only = on")
    operator = site.operator("watcher", write_dsn=Secret(site.database.dsn_of("changer")))

    assert list(operator.change(REQUEUE, [str(job)])) == [Change(str(job), True, "it was failed, and is todo now")]


def test_a_server_that_is_away_is_told_without_its_password(site: Site) -> None:
    secret = Secret("postgresql://me:hunter2@127.0.0.1:1/none")

    with pytest.raises(Unreachable) as caught:
        list(site.operator(write_dsn=secret).change(REQUEUE, ["1"]))
    assert str(caught.value).startswith("postgresql://me@127.0.0.1:1/none: ")
    assert "hunter2" not in str(caught.value)
