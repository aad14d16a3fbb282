"""`jobqueue jobs cancel` on BullMQ, which knows no cancelled jobs: it removes them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from tests.cli.terminal import terminal
from tests.engines.bullmq.conftest import Site
from tests.redis_server import RedisServer

NOTE = "note: BullMQ keeps nothing of a cancelled job"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The jobs mail/1 and mail/2, which wait."""
    with RedisServer() as server:
        site = Site(server)
        site.queue("mail")
        for job in ("1", "2"):
            site.job("mail", job, data="{}", opts="{}")
            site.redis.lpush("bull:mail:wait", job)
        source = {"name": "mails", "dsn": server.url, "engine": "bullmq", "bullmq": {"queues": ["mail"]}}
        (tmp_path / "jobqueue.yml").write_text(json.dumps({"sources": [source]}))
        yield site
        site.clear()


def _waiting(site: Site) -> list[object]:
    return [*site.redis.lrange("bull:mail:wait", 0, -1)]


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_is_told_before_that_nothing_is_kept(site: Site, tmp_path: Path, answer: str) -> None:
    words = [sys.executable, "-m", "jobqueue_exporter", "jobs", "cancel", "mail/1"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
    with terminal([*words, "--config", str(tmp_path / "jobqueue.yml")], environment, tmp_path) as screen:
        screen.shows("Cancel 1 job of source mails?")
        assert NOTE in screen.text
        screen.type(f"{answer}\n")
        assert screen.ended() == (0 if answer == "y" else 1)
    assert _waiting(site) == ([b"2"] if answer == "y" else [b"2", b"1"])


def test_what_to_look_at_afterwards_is_not_the_job_that_is_gone(site: Site, tmp_path: Path) -> None:
    config = str(tmp_path / "jobqueue.yml")
    found = CliRunner().invoke(main, ["jobs", "cancel", "mail/1", "--yes", "--config", config])
    assert (found.exit_code, _waiting(site)) == (0, [b"2"])
    told = found.stdout.splitlines()[-1]
    assert (
        told
        == f"cancel: 1 done, 0 left alone, 0 unknown, 0 untouched. To verify: jobqueue jobs stats --config {config}"
    )


def test_its_help_says_so() -> None:
    found = CliRunner().invoke(main, ["jobs", "cancel", "--help"])
    assert "BullMQ keeps nothing of a cancelled job" in " ".join(found.output.split())
