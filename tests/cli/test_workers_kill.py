"""`jobqueue workers kill`: it says how, and does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.cli.documents.workers import Kill
from jobqueue_exporter.cli.worker_address import Address, address
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import Pipeline, pipeline, read, run


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("worker-1:1234:1699999999", Address("worker-1", 1234)),
        ("host.example:77", Address("host.example", 77)),
        ("worker-1", Address()),
        ("17", Address()),
        ("web:0", Address()),
        ("web:99999999", Address()),
        ("$(reboot):12", Address()),
        ("-rf:12", Address()),
    ],
)
def test_host_and_process_are_taken_only_from_ids_that_look_like_it(name: str, expected: Address) -> None:
    assert address(name) == expected


def test_it_prints_the_commands_of_each_platform_and_what_the_worker_holds(shop: Pipeline) -> None:
    shop.worker("worker-1:1234:1699999999", busy=1)
    job = shop.jobs.new(state="running", locked_by="worker-1:1234:1699999999", locked_at=-5, heartbeat_at=0)
    found = read(Kill, "workers", "kill", "worker-1:1234:1699999999")
    assert (found.host, found.pid, found.stopped, found.lease_seconds) == ("worker-1", 1234, False, 30.0)
    assert found.worker.jobs == (job,)
    assert {way.platform: way.command for way in found.ways} == {
        "process": "kill -TERM 1234   # on worker-1",
        "systemd": "systemctl stop worker-1",
        "Docker": "docker stop --time 60 worker-1",
        "Kubernetes": "kubectl delete pod worker-1 --grace-period=60",
    }


def test_it_says_that_it_stopped_nothing_and_what_becomes_of_the_jobs(shop: Pipeline) -> None:
    shop.worker("worker-1:1234:1699999999", busy=1)
    job = shop.jobs.new(state="running", locked_by="worker-1:1234:1699999999", locked_at=-5, heartbeat_at=0)
    result = run("workers", "kill", "worker-1:1234:1699999999")
    assert result.exit_code == 0
    assert "Nothing has been stopped" in result.stdout
    assert job in result.stdout
    assert "30s after the last heartbeat" in result.stdout
    assert "jobqueue jobs reclaim --dry-run" in result.stdout


def test_an_unknown_worker_is_a_failure_that_names_those_like_it(shop: Pipeline) -> None:
    shop.worker("worker-1:1234:1")
    shop.worker("mail-7:9:1")
    result = run("workers", "kill", "worker-1")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert result.stderr == "no worker worker-1 is known in shop; like it: worker-1:1234:1\n"


def test_nothing_like_it_points_to_the_list(shop: Pipeline) -> None:
    result = run("workers", "kill", "zzz")
    assert result.stderr == "no worker zzz is known in shop; `jobqueue workers list` names those that are known\n"


def test_help_says_that_it_stops_nothing() -> None:
    assert "stops nothing itself" in " ".join(run("workers", "kill", "--help").stdout.split())


@pytest.mark.parametrize("worker", ["", "  "])
def test_no_name_at_all_is_wrong_usage(worker: str) -> None:
    result = run("workers", "kill", worker)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "ID: it is empty; `jobqueue workers list` names the workers" in result.stderr
