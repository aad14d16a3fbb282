from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from jobqueue_exporter.cli import main
from jobqueue_exporter.demo.database import Database

JOBS = """
CREATE TABLE jobs (
  id bigint PRIMARY KEY, kind text, state text NOT NULL, attempts int, max_attempts int, run_at timestamptz,
  locked_by text, heartbeat_at timestamptz, created_at timestamptz DEFAULT now(), finished_at timestamptz
);
INSERT INTO jobs (id, kind, state) VALUES
  (1, 'MAIL', 'queued'), (2, 'MAIL', 'queued'), (3, 'MAIL', 'dead_letter'), (4, 'MAIL', 'done');
"""
NOBODY_LISTENS = "postgresql://reader:secret@127.0.0.1:1/shop"
FLOWS = ["attempts_failed", "enqueued", "finished", "run", "wait"]


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Path:
    """A configuration with one source that can be read."""
    database.connection.execute(JOBS)
    return written(tmp_path, shop=database.dsn)


def written(folder: Path, **dsns: str) -> Path:
    path = folder / "jobqueue.yml"
    path.write_text(json.dumps({"sources": [{"name": name, "dsn": dsn} for name, dsn in dsns.items()]}))
    return path


def once(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["once", "--config", str(config), *arguments])


def samples(text: str, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_it_prints_what_a_scrape_would_tell(config: Path) -> None:
    found = once(config)
    assert (found.exit_code, samples(found.stdout, "jobqueue_source_up", "source")) == (0, {("shop",): 1})
    assert samples(found.stdout, "jobqueue_jobs", "kind", "state") == {
        ("MAIL", "pending"): 2,
        ("MAIL", "scheduled"): 0,
        ("MAIL", "retrying"): 0,
        ("MAIL", "running"): 0,
        ("MAIL", "dead_letter"): 1,
    }


def test_it_tells_no_counters_and_says_so(config: Path) -> None:
    found = once(config).stdout
    types = {family.type for family in text_string_to_metric_families(found)}
    signals = samples(found, "jobqueue_signal_available", "signal")
    assert types == {"gauge"}
    assert {signal: signals[signal,] for signal in FLOWS} == dict.fromkeys(FLOWS, 0)


def test_it_prints_openmetrics(config: Path) -> None:
    found = once(config, "--output", "openmetrics")
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (0, "# EOF")


def test_it_prints_json(config: Path) -> None:
    found = once(config, "--output", "json")
    (source,) = json.loads(found.stdout)["sources"]
    counts = {lane["kind"]: lane["counts"]["pending"] for lane in source["facts"]["lanes"]}
    assert (found.exit_code, source["up"], counts, source["flows"]) == (0, True, {"MAIL": 2}, None)


def test_a_source_that_is_down_costs_only_itself(config: Path, database: Database) -> None:
    config = written(config.parent, shop=database.dsn, mail=NOBODY_LISTENS)
    found = once(config)
    assert found.exit_code == 1
    assert samples(found.stdout, "jobqueue_source_up", "source") == {("shop",): 1, ("mail",): 0}
    assert samples(found.stdout, "jobqueue_jobs", "source", "state")["shop", "pending"] == 2
    assert [line for line in found.stderr.splitlines() if "source=mail reason=" in line] != []
    assert "secret" not in found.output


def test_a_part_that_cannot_be_read_is_named_and_the_rest_is_told(config: Path, database: Database) -> None:
    database.connection.execute("CREATE VIEW bad AS SELECT *, (1 / (id - id))::text AS last_error FROM jobs")
    config.write_text(json.dumps({"sources": [{"name": "shop", "dsn": database.dsn, "table": "bad"}]}))
    found = once(config)
    told = samples(found.stdout, "jobqueue_jobs", "state")
    complaints = [line for line in found.stderr.splitlines() if line.startswith("shop: dead_letters: ")]
    assert (found.exit_code, told["pending",], len(complaints)) == (0, 2, 1)


def test_only_the_sources_that_were_named_are_read(config: Path, database: Database) -> None:
    config = written(config.parent, shop=database.dsn, mail=NOBODY_LISTENS)
    found = once(config, "--source", "shop")
    assert (found.exit_code, samples(found.stdout, "jobqueue_source_up", "source")) == (0, {("shop",): 1})


def test_a_source_that_is_not_there_is_wrong_usage(config: Path) -> None:
    found = once(config, "--source", "shop", "--source", "chop", "--source", "stop")
    assert (found.exit_code, found.stdout, found.stderr.splitlines()) == (
        2,
        "",
        [
            "chop: no such source; there are: shop",
            "stop: no such source; there are: shop",
        ],
    )


def test_a_configuration_that_cannot_be_used_ends_with_2(tmp_path: Path) -> None:
    found = once(tmp_path / "none.yml")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "none.yml" in found.stderr
