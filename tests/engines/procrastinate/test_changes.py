"""Jobs are cancelled and deleted as the engine does it, and a dry run does nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate import sql

from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from tests.deadline import until
from tests.engines.procrastinate.site import CANCEL, DELETE, RECLAIM, REQUEUE, Site

TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers", "procrastinate_workers")
PERIODIC = "SELECT procrastinate_defer_periodic_job_v2('q', NULL, NULL, 'boom', 0, 'a', {}, '{{}}')"


def _all(site: Site) -> list[object]:
    """All that the engine keeps."""
    return [site.row(f"SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM {table} AS t") for table in TABLES]


def _kept(site: Site, job: int) -> tuple[object, ...]:
    """What is left of a job, but for its number and its times."""
    return site.row(
        f"SELECT (SELECT to_jsonb(j) - '{{id,args,queue_name}}'::text[] FROM procrastinate_jobs j WHERE id = {job}),\n"
        f"(SELECT array_agg(type::text ORDER BY id) FROM procrastinate_events WHERE job_id = {job}),\n"
        f"(SELECT count(*) FROM procrastinate_periodic_defers WHERE job_id = {job})"
    )


@pytest.mark.parametrize("options", [{}, {"schedule_in": {"hours": 1}}], ids=["due", "scheduled"])
def test_a_waiting_job_is_cancelled_as_the_engine_itself_would(site: Site, options: dict[str, Any]) -> None:
    ours, theirs = (site.defer("ok", **options) for _ in range(2))
    site.run("UPDATE procrastinate_jobs SET scheduled_at = NULL")

    changes = list(site.operator().change(CANCEL, [str(ours)]))
    assert site.app.job_manager.cancel_job_by_id(theirs)
    site.work()

    assert changes == [Change(str(ours), True, "it was todo, and is cancelled now")]
    assert _kept(site, ours) == _kept(site, theirs)
    assert site.status(ours) == "cancelled"


def test_a_running_job_is_not_cancelled_and_is_told_with_its_worker(site: Site, tmp_path: Path) -> None:
    job = site.defer("hold", {"path": str(tmp_path / "go on")})
    ended = site.defer("ok", queue="other")
    with site.worker():
        until(lambda: (site.status(job), site.status(ended)) == ("doing", "succeeded"))
        worker = site.jobs(id=job)[0].worker_id

        assert list(site.operator().change(CANCEL, [str(job), str(ended), "99"])) == [
            Change(str(job), False, f"it is doing on worker {worker}, not todo: left alone", State.RUNNING, "doing"),
            Change(str(ended), False, "it is succeeded, not todo: left alone", None, "succeeded"),
            Change("99", False, "there is no such job"),
        ]
        (tmp_path / "go on").touch()
        until(lambda: site.status(job) == "succeeded")


def test_a_dead_job_is_deleted_as_the_engine_itself_would(site: Site) -> None:
    ours, theirs = (site.row(PERIODIC.format(moment))[0] for moment in (1, 2))
    site.run("INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, job_id) VALUES ('boom', 3, 1)")
    site.work()
    old = {"nb_hours": 0, "queue": None, "statuses": ["failed"]}

    changes = list(site.operator().change(DELETE, [str(ours)]))
    site.database.connection.execute(sql.queries["delete_old_jobs"].encode(), old)

    assert changes == [Change(str(ours), True, "it was failed, and is deleted now")]
    assert _kept(site, ours) == _kept(site, theirs) == (None, None, 0)


def test_only_dead_jobs_are_deleted(site: Site) -> None:
    ended = site.defer("ok")
    site.work()
    waiting = site.defer("ok")
    before = _all(site)

    assert list(site.operator().change(DELETE, [str(ended), str(waiting)])) == [
        Change(str(ended), False, "it is succeeded, not failed: left alone", None, "succeeded"),
        Change(str(waiting), False, "it is todo, not failed: left alone", State.PENDING, "todo"),
    ]
    assert _all(site) == before


@pytest.mark.parametrize(
    ("order", "task", "told"),
    [
        pytest.param(REQUEUE, "boom", "it is failed, and would be todo", id="requeue"),
        pytest.param(DELETE, "boom", "it is failed, and would be deleted", id="delete"),
        pytest.param(CANCEL, "flaky", "it is todo, and would be cancelled", id="cancel"),
    ],
)
def test_a_dry_run_says_what_would_be_and_changes_nothing(site: Site, order: Order, task: str, told: str) -> None:
    job, ended = site.defer(task), site.defer("ok")
    site.work()
    before = _all(site)
    site.role("watcher", "SELECT ON ALL TABLES IN SCHEMA public")

    dry = list(site.operator("watcher").change(replace(order, dry_run=True), [str(job), str(ended), "99"]))
    assert _all(site) == before
    done = list(site.operator().change(order, [str(job), str(ended), "99"]))

    assert dry[0] == Change(str(job), True, told)
    assert done[0].done
    assert dry[1:] == done[1:]


def test_a_dry_run_sees_whose_place_is_taken(site: Site) -> None:
    jobs = []
    for lock in ("a", "b", "b"):
        jobs.append(site.defer("boom", queueing_lock=lock))
        site.work()
    site.defer("boom", queueing_lock="a")
    ids = [str(job) for job in jobs]

    dry = list(site.operator().change(replace(REQUEUE, dry_run=True), ids))
    done = list(site.operator().change(REQUEUE, ids))

    assert [one.done for one in dry] == [one.done for one in done] == [False, True, False]
    assert [one.text for one in dry if not one.done] == [one.text for one in done if not one.done]
    assert [site.status(job) for job in jobs] == ["failed", "todo", "failed"]


def test_a_stuck_job_is_reclaimed_in_a_dry_run_only_in_words(site: Site, tmp_path: Path) -> None:
    job = site.defer("hold", {"path": str(tmp_path / "never")})
    with site.worker():
        until(lambda: site.status(job) == "doing")
    site.run("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    before = _all(site)

    assert list(site.operator().change(replace(RECLAIM, dry_run=True), [str(job)])) == [
        Change(str(job), True, "it is doing, and would be todo (failed, if it was to be aborted)")
    ]
    assert _all(site) == before


def test_a_job_is_given_up_in_no_way_that_the_engine_knows(site: Site) -> None:
    with pytest.raises(Refused, match="procrastinate has no abandon: none of its statuses is that of a dead job"):
        list(site.operator().change(Order(operation=Operation.ABANDON, who="ann"), ["1"]))


def test_a_job_named_twice_is_changed_once(site: Site) -> None:
    job = site.defer("ok")

    assert list(site.operator().change(CANCEL, [str(job), f"0{job}"])) == [
        Change(str(job), True, "it was todo, and is cancelled now"),
        Change(f"0{job}", False, f"the same job as {job}: named twice"),
    ]


def test_a_schema_without_the_function_that_cancels_is_told(site: Site) -> None:
    site.run("DROP FUNCTION procrastinate_cancel_job_v1")

    with pytest.raises(Refused, match=r"no function procrastinate_cancel_job_v1 in schema public: .* up to 3\.0"):
        list(site.operator().change(CANCEL, ["1"]))


def test_a_trigger_that_keeps_jobs_is_not_taken_for_a_deletion(site: Site) -> None:
    job = site.defer("boom")
    site.work()
    site.run(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER keep BEFORE DELETE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION keep()",
    )

    (change,) = site.operator().change(DELETE, [str(job)])

    assert (change.done, change.state, site.status(job)) == (False, State.DEAD_LETTER, "failed")
    assert change.text == "it is failed still, though it was told otherwise: a trigger of its table may prevent it"


def test_a_deletion_that_the_role_may_not_do_deletes_nothing(site: Site) -> None:
    job = site.defer("boom")
    site.work()
    site.role("changer", "SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public")

    with pytest.raises(Refused, match="permission denied for table procrastinate_jobs"):
        list(site.operator("changer").change(DELETE, [str(job)]))
    with psycopg.connect(site.database.dsn) as connection:
        assert connection.execute(b"SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)
