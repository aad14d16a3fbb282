"""Single workers, as the engine's own table has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.engines.operations import WorkerProcess
from jobqueue_exporter.errors import Refused
from tests.deadline import until
from tests.engines.procrastinate.site import Site

SILENT = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 h')"


def _workers(site: Site) -> list[WorkerProcess]:
    found = site.operator().workers()
    assert found is not None
    return list(found)


def test_a_worker_is_told_with_its_heartbeat_and_its_jobs(site: Site, tmp_path: Path) -> None:
    jobs = [site.defer("hold", {"path": str(tmp_path / "never")}) for _ in range(2)]
    with site.worker():
        until(lambda: all(site.status(job) == "doing" for job in jobs))
        # One that is there before is taken off the list by the worker that starts.
        site.run(SILENT, "CREATE RULE still AS ON UPDATE TO procrastinate_workers DO INSTEAD NOTHING")
        newest, oldest = site.row(
            "SELECT array_agg(date_part('epoch', last_heartbeat) ORDER BY last_heartbeat DESC)\n"
            "FROM procrastinate_workers"
        )[0]
        holder = site.jobs(id=jobs[0])[0].worker_id
        silent = site.row("SELECT max(id) FROM procrastinate_workers")[0]

        assert _workers(site) == [
            WorkerProcess(id=str(holder), live=True, heartbeat_at=newest, busy=2, jobs=(str(jobs[0]), str(jobs[1]))),
            WorkerProcess(id=str(silent), live=False, heartbeat_at=oldest, busy=0),
        ]


def test_no_worker_is_known(site: Site) -> None:
    assert _workers(site) == []


def test_a_release_without_heartbeats_tells_no_workers(site: Site) -> None:
    site.run("ALTER TABLE procrastinate_jobs DROP COLUMN worker_id CASCADE", "DROP TABLE procrastinate_workers")

    assert site.operator().workers() is None


def test_workers_that_may_not_be_read_are_not_none(site: Site) -> None:
    site.role("half", "SELECT ON procrastinate_jobs, procrastinate_events")

    with pytest.raises(Refused, match="permission denied for table procrastinate_workers"):
        site.operator("half").workers()
