from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from jobqueue_exporter.demo.database import Database
from tests.cli.graves import NOBODY_LISTENS, bury, dlq, dug, written


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return dug(database, tmp_path / "here")


def started(config: Path, *arguments: str, stdout: int) -> subprocess.Popen[bytes]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "jobqueue_exporter", "dlq", "export", "--config", str(config), *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C"}
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=environment)


def test_csv_has_all_that_is_kept_of_each_dead_job_masked(config: Path, database: Database) -> None:
    bury(database, 1, error="=cmd() password=hunter2")
    found = dlq(config, "export")
    (row,) = csv.DictReader(StringIO(found.stdout))
    kept = json.loads(row["row"])
    assert (found.exit_code, row["id"], row["state"], row["error"]) == (0, "1", "dead_letter", "'=cmd() password=***")
    assert (kept["payload"], kept["last_error"]) == ({"to": "j***@example.com"}, "=cmd() password=***")


def test_json_lines_hold_a_job_each(config: Path, database: Database) -> None:
    bury(database, 1, 2, error="größer\x1b[2J\u202e")
    found = dlq(config, "export", "--format", "jsonl", "--full")
    jobs = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(job["id"], job["error"], job["row"]["payload"]["to"]) for job in jobs] == [
        ("1", "größer\x1b[2J\u202e", "jane@example.com"),
        ("2", "größer\x1b[2J\u202e", "jane@example.com"),
    ]
    assert all(line.isprintable() for line in found.stdout.splitlines())


def test_all_are_written_by_default_and_filters_narrow(config: Path, database: Database) -> None:
    bury(database, *range(1, 121))
    bury(database, 200, kind="SMS")

    def count(*options: str) -> int:
        return len(dlq(config, "export", "--format", "jsonl", *options).stdout.splitlines())

    assert (count(), count("--kind", "SMS"), count("--limit", "7")) == (121, 1, 7)


def test_a_file_is_for_its_owner_only_and_nothing_else_is_left(config: Path, database: Database) -> None:
    bury(database, 1)
    target = config.parent / "dead.csv"
    found = dlq(config, "export", "-o", str(target))
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", f"1 job written to {target}\n")
    assert (target.stat().st_mode & 0o777, len(target.read_text().splitlines())) == (0o600, 2)
    assert sorted(path.name for path in config.parent.iterdir()) == ["dead.csv", "jobqueue.yml"]


def test_where_a_source_cannot_be_asked_no_file_pretends_to_be_whole(config: Path, database: Database) -> None:
    written(config.parent, shop=database.dsn, mail=NOBODY_LISTENS)
    bury(database, 1)
    found = dlq(config, "export", "-o", str(config.parent / "dead.csv"))
    assert (found.exit_code, [path.name for path in config.parent.iterdir()]) == (1, ["jobqueue.yml"])
    assert "hunter2" not in found.output


def test_a_folder_that_is_not_there_is_wrong_use(config: Path, database: Database) -> None:
    bury(database, 1)
    target = config.parent / "nowhere" / "dead.csv"
    found = dlq(config, "export", "-o", str(target))
    assert (found.exit_code, found.stderr) == (2, f"{target}: cannot be written: No such file or directory\n")


def test_a_reader_that_goes_away_ends_it_quietly(config: Path, database: Database) -> None:
    bury(database, 1)
    database.connection.execute(
        "INSERT INTO jobs SELECT n, 'MAIL', 'dead_letter', NULL, repeat('x', 200) FROM generate_series(2, 20000) AS n"
    )
    with started(config, stdout=subprocess.PIPE) as process:
        assert (process.stdout, process.stderr) != (None, None)
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        assert (first[:10], process.stderr.read()) == (b"source,id,", b"")


def test_any_locale_can_write_any_text(config: Path, database: Database) -> None:
    bury(database, 1, error="größer 漢字")
    with started(config, stdout=subprocess.PIPE) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "größer 漢字" in out.decode(), err) == (0, True, b"")
