"""What `jobqueue init` writes of states, and that it reads the same."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from jobqueue_exporter.config import document
from jobqueue_exporter.config.load import load
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines import reader
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.model import Facts, LaneJobs

JOBS = """
CREATE TABLE jobs (
  id int GENERATED ALWAYS AS IDENTITY, kind text, state text, attempts int DEFAULT 0, run_at timestamptz,
  created_at timestamptz DEFAULT now()
);
"""
INDEX = "CREATE INDEX ON jobs (state, run_at);"
WAITING = ["queued", "pending", "waiting", "available", "ready", "new", "created", "enqueued", "scheduled"]
RUNNING = ["running", "processing", "in_progress", "active", "executing", "started", "working"]
RETRY = ["retry", "retrying", "retryable", "retry_scheduled"]
FAILED = ["failed", "error", "errored"]
DEAD = ["dead_letter", "dead", "dead_lettered", "exhausted"]


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty jobs table, in DATABASE_URL; the working directory is empty."""
    database.connection.execute(JOBS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database.dsn)
    return database


def _facts(path: Path | None, url: str) -> Facts:
    """What a reading tells, but for what changes from one to the next and what a person is told."""
    found = reader(load(path, {"DATABASE_URL": url}).sources[0])
    facts = Facts()
    for part in found.read(Request(deadline=time.monotonic() + 5, extras=frozenset({"dead_letters"}))):
        facts = facts.merged(part.facts or Facts())
    found.close()
    lanes = {lane: LaneJobs(counts=jobs.counts) for lane, jobs in (facts.lanes or {}).items()}
    return replace(facts, lanes=lanes, clock=None, notices=None)


def _written(shop: Database, *states: str, statements: str = "") -> tuple[object, str]:
    """The states that init writes of a table with jobs in these, and the comments of the file, all in one line."""
    for state in states:
        shop.connection.execute("INSERT INTO jobs (kind, state) VALUES ('A', %s)", (state,))
    shop.connection.execute(statements.encode() or b"SELECT")
    before, path = _facts(None, shop.dsn), Path("jobqueue.yml")
    result = CliRunner().invoke(main, ["init"])
    assert result.exit_code == 0, result.output
    assert _facts(path, shop.dsn) == before
    lines = (line.strip() for line in path.read_text().splitlines())
    source = document.read(path).data["sources"]
    assert isinstance(source, list)
    return source[0].get("states"), " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))


@pytest.mark.parametrize("statements", ["", INDEX])
def test_states_that_are_understood_are_no_setting_but_a_comment(shop: Database, statements: str) -> None:
    states, comments = _written(shop, "queued", "completed", "failed", "Dead", statements=statements)

    assert states is None
    assert "states as found: queued = waiting, failed = retry, Dead = dead_letter, completed = finished" in comments


def test_of_an_empty_table_nothing_is_said_of_states(shop: Database) -> None:
    states, comments = _written(shop)

    assert states is None
    assert "states as found: none yet; usual words are understood" in comments


def test_with_one_that_is_not_understood_those_that_were_seen_are_written(shop: Database) -> None:
    seen = ("queued", "running", "failed", "dead_letter", "completed", "zombie", "it's #1\nodd")

    states, comments = _written(shop, *seen, statements=INDEX)

    assert states == {
        "waiting": ["queued"],
        "running": ["running"],
        "retry": ["failed"],
        "dead_letter": ["dead_letter"],
        "finished": ["completed"],
    }
    assert (
        'which values of the state column mean what say what "it\'s #1\\nodd", zombie mean, as in '
        '`blocked: ["it\'s #1\\nodd"]` if such jobs wait for something other than time, or '
        '`finished: ["it\'s #1\\nodd"]` if they are over'
    ) in comments


def test_what_was_not_seen_yet_and_must_be_counted_keeps_its_usual_words(shop: Database) -> None:
    states, _ = _written(shop, "pending", "zombie", statements=INDEX)

    assert states == {
        "waiting": ["pending"],
        "running": RUNNING,
        "retry": [*RETRY, *FAILED],
        "dead_letter": DEAD,
    }


def test_where_only_a_sample_was_seen_the_usual_words_of_live_jobs_stay(shop: Database) -> None:
    states, _ = _written(shop, "running", "completed", "zombie")

    assert states == {
        "waiting": WAITING,
        "running": RUNNING,
        "retry": [*RETRY, *FAILED],
        "dead_letter": DEAD,
        "finished": ["completed"],
    }


def test_of_a_small_table_all_was_seen(shop: Database) -> None:
    states, _ = _written(shop, "queued", "running", "retry", "dead", "zombie", statements="ANALYZE jobs")

    assert states == {"waiting": ["queued"], "running": ["running"], "retry": ["retry"], "dead_letter": ["dead"]}


def test_other_notices_are_comments_too(shop: Database) -> None:
    moved = "CREATE SCHEMA app; ALTER TABLE jobs SET SCHEMA app;"
    _, comments = _written(
        shop, "queued", statements=f"{moved} CREATE TABLE job_workers (worker_id int, heartbeat_at int)"
    )

    assert "public.job_workers is left out: it is in another schema than app.jobs; if it belongs to it" in comments


def test_a_retry_that_was_not_seen_is_not_named_where_none_can_be_told(shop: Database) -> None:
    states, _ = _written(shop, "queued", "zombie", statements="ALTER TABLE jobs DROP attempts")

    assert isinstance(states, dict)
    assert "retry" not in states


def test_a_retry_that_was_seen_is_named_though_it_cannot_be_told_apart(shop: Database) -> None:
    drop = "ALTER TABLE jobs DROP run_at; ALTER TABLE jobs ADD max_attempts int"
    states, _ = _written(shop, "queued", "failed", "zombie", statements=f"{drop}; CREATE INDEX ON jobs (state)")

    assert isinstance(states, dict)
    assert states["retry"] == ["failed"]
