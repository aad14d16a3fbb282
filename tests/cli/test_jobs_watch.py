"""`jobqueue jobs watch`, at a terminal and piped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import psycopg
import pytest

from jobqueue_exporter.cli.documents.stats import Stats
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import UNREACHABLE, Pipeline, pipeline, run
from tests.cli.screen import screen

ALTERNATE, BACK = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_a_key_ends_it_with_0_and_gives_the_terminal_back(shop: Pipeline, key: str) -> None:
    with screen("jobs", "watch") as shown:
        shown.until(lambda text: "pending 0" in text)
        assert not shown.echoes
        shown.press(key)
        assert shown.ended() == 0
        assert shown.echoes
    assert shown.raw.count(ALTERNATE) == shown.raw.count(BACK) == 1
    assert b"Traceback" not in shown.raw


def test_sigterm_gives_the_terminal_back_too(shop: Pipeline) -> None:
    with screen("jobs", "watch") as shown:
        shown.until(lambda text: "pending 0" in text)
        os.kill(shown.process.pid, signal.SIGTERM)
        assert shown.ended() == 143
        assert shown.echoes
    assert BACK in shown.raw


def test_what_changes_is_seen_in_place(shop: Pipeline) -> None:
    with screen("jobs", "watch", "--interval", "500ms") as shown:
        shown.until(lambda text: "pending 0" in text)
        shop.jobs.add(3, kind="A", state="queued")
        text = shown.until(lambda text: "pending 3" in text)
        assert text.count("jobs      pending") == 1


def test_it_follows_the_size_of_the_terminal(shop: Pipeline) -> None:
    for index in range(20):
        shop.jobs.add(20 - index, kind=f"KIND_{index:02}", state="queued")
    with screen("jobs", "watch", columns=120, rows=50) as shown:
        shown.until(lambda text: "KIND_19" in text)
        shown.resize(80, 24)
        text = shown.until(lambda text: "more queues and kinds are not shown" in text)
        assert "KIND_00" in text
        assert "KIND_19" not in text
        shown.resize(120, 50)
        shown.until(lambda text: "KIND_19" in text)


def test_a_source_that_goes_away_is_shown_and_shown_again_when_it_is_back(shop: Pipeline) -> None:
    name = shop.database.name
    with (
        psycopg.connect(shop.database.dsn, dbname="postgres", autocommit=True) as connection,
        screen("jobs", "watch", "--interval", "500ms") as shown,
    ):
        shown.until(lambda text: "pending 0" in text)
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            (name, shop.database.connection.info.backend_pid),
        )
        shown.until(lambda text: "shop: failed" in text)
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        shown.until(lambda text: "shop: failed" not in text and "pending 0" in text)


def test_so_many_readings_and_no_more(shop: Pipeline) -> None:
    with screen("jobs", "watch", "--count", "1") as shown:
        assert shown.ended() == 0


def test_piped_each_reading_is_a_line(shop: Pipeline) -> None:
    shop.worker("w1:7:1")
    shop.jobs.add(2, kind="A", state="queued", created_at=-100)
    shop.jobs.add(1, kind="A", state="dead_letter")
    result = run("jobs", "watch", "--count", "2", "--interval", "600ms")
    lines = [re.sub(r"oldest=1m4\ds", "oldest=1m40s", line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [line.split(" ", 1)[1] for line in lines] == [
        "source=shop pending=2 running=0 dead=1 oldest=1m40s health=warning"
    ] * 2
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", lines[0])


def test_piped_a_source_that_cannot_be_read_says_why(shop: Pipeline) -> None:
    shop.also("gone", UNREACHABLE)
    result = run("jobs", "watch", "--count", "1", "--source", "gone")
    assert " source=gone pending=? running=? dead=? oldest=? health=failed error='" in result.stdout
    assert result.exit_code == 0
    assert "hunter2" not in result.output


def test_json_is_an_object_a_line(shop: Pipeline) -> None:
    result = run("jobs", "watch", "--count", "2", "--interval", "600ms", "--output", "json")
    found = [msgspec.json.decode(line, type=Stats) for line in result.stdout.splitlines()]
    assert [[one.source for one in each.sources] for each in found] == [["shop"], ["shop"]]
    assert json.loads(msgspec.json.encode(found[0])) == json.loads(result.stdout.splitlines()[0])


def test_ctrl_c_ends_the_lines_with_0(shop: Pipeline) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "jobqueue_exporter", "jobs", "watch"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "source=shop" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("arguments", [["--interval", "1ms"], ["--count", "0"], ["--source", "nope"]])
def test_wrong_usage_ends_with_2(shop: Pipeline, arguments: list[str]) -> None:
    assert run("jobs", "watch", *arguments).exit_code == 2
