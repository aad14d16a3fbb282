"""`jobqueue dlq delete` on every engine that offers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter import engines
from jobqueue_exporter.cli import main
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.operations import Operation
from tests.cli.graves import bury, dug
from tests.engines.bullmq.conftest import Site as Redis
from tests.engines.procrastinate.site import Site
from tests.redis_server import RedisServer

Delete = Callable[[str], Result]
NAMED = ("bullmq", "procrastinate", "table")


@pytest.fixture
def delete(tmp_path: Path) -> Delete:
    """Deletes the job of this id, in jobqueue.yml, after writing it to `gone`."""

    def deleted(job: str) -> Result:
        words = ["dlq", "delete", job, "--yes", "--config", str(tmp_path / "jobqueue.yml")]
        return CliRunner().invoke(main, [*words, "--export", str(tmp_path / "gone")])

    return deleted


def _configured(folder: Path, dsn: str, **source: object) -> None:
    whole = {"sources": [{"name": "shop", "dsn": dsn, **source}]}
    (folder / "jobqueue.yml").write_text(json.dumps(whole))


def _kept(folder: Path) -> dict[str, object]:
    """The one job of the file."""
    (line,) = (folder / "gone").read_text().splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_every_engine_that_removes_jobs_is_tried_here() -> None:
    offering = {name for name in ENGINES if Operation.DELETE in engines.engine(name).operations}
    assert offering == set(NAMED)


def test_a_row_of_a_jobs_table_is_in_the_file_and_gone(database: Database, tmp_path: Path, delete: Delete) -> None:
    dug(database, tmp_path)
    bury(database, 7)

    found = delete("7")

    assert (found.exit_code, _kept(tmp_path)["id"], _kept(tmp_path)["last_error"]) == (0, 7, "boom")
    assert database.connection.execute("SELECT count(*) FROM jobs").fetchone() == (0,)


def test_a_job_of_procrastinate_is_in_the_file_and_gone(database: Database, tmp_path: Path, delete: Delete) -> None:
    site = Site(database)
    try:
        job = site.defer("boom", {"to": "ann"})
        site.run(f"UPDATE procrastinate_jobs SET status = 'failed' WHERE id = {job}")
        _configured(tmp_path, database.dsn, engine="procrastinate")

        found = delete(str(job))

        assert (found.exit_code, _kept(tmp_path)["id"], _kept(tmp_path)["args"]) == (0, job, {"to": "ann"})
        assert site.jobs() == []
    finally:
        site.close()


@pytest.mark.parametrize("queue", ["mail", "mail-dlq"])
def test_a_job_of_bullmq_is_in_the_file_and_gone(tmp_path: Path, delete: Delete, queue: str) -> None:
    with RedisServer() as server:
        site = Redis(server)
        site.queue("mail")
        site.queue(queue, **({"failed": {"7": 2}} if queue == "mail" else {}))
        if queue != "mail":
            site.redis.lpush(f"bull:{queue}:wait", "7")
        site.job(queue, "7", data='{"to": "ann"}', opts="{}", atm=1, failedReason="boom")
        _configured(tmp_path, server.url, engine="bullmq", bullmq={"queues": ["mail"]})

        found = delete(f"{queue}/7")

        assert found.exit_code == 0, found.output
        assert _kept(tmp_path) == {
            "id": f"{queue}/7",
            "name": "ok",
            "timestamp": "1000",
            "data": '{"to": "ann"}',
            "opts": "{}",
            "atm": "1",
            "failedReason": "boom",
        }
        assert site.redis.exists(f"bull:{queue}:7") == 0
        site.clear()
