"""An engine is one file and one line: the worked example of exporter/README.md, taken at its word."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobqueue_exporter.demo.database import Database

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "exporter" / "jobqueue_exporter"
README = (ROOT / "exporter" / "README.md").read_text()
FILE, LINE = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LAST = '    "http-json": "http",\n'
JOBS = """
CREATE TABLE toy_jobs (queue text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), taken_at timestamptz);
INSERT INTO toy_jobs VALUES ('mail', now() - interval '1 minute', NULL), ('mail', now(), now()), ('slow', now(), now());
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with toy's file and line added."""
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(PACKAGE, root / "jobqueue_exporter", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "jobqueue_exporter" / "engines" / "toy.py").write_text(FILE)
    names = root / "jobqueue_exporter" / "config" / "engines.py"
    names.write_text(names.read_text().replace(LAST, LAST + LINE))
    return root


def jobqueue(house: Path, database: Database, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"PYTHONPATH": str(house), "DATABASE_URL": database.dsn, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "jobqueue_exporter", *arguments]
    return subprocess.run(command, cwd=house, env=environ, capture_output=True, text=True, check=False)


def test_an_engine_that_was_added_is_recognised_and_told(house: Path, database: Database) -> None:
    database.connection.execute(JOBS.encode())

    told = jobqueue(house, database, "once")

    name = database.connection.info.dbname
    assert (told.returncode, f"source={name} keeps its jobs with engine toy" in told.stderr) == (0, True)
    lines = told.stdout.splitlines()
    assert any(re.fullmatch(rf'jobqueue_source_info{{engine="toy",source="{name}",version=""}} 1.0', x) for x in lines)
    jobs = {(found[1], found[2]): float(found[3]) for found in map(SERIES.fullmatch, lines) if found}
    assert jobs == {
        ("mail", "pending"): 1,
        ("mail", "running"): 1,
        ("slow", "pending"): 0,
        ("slow", "running"): 1,
    }


SERIES = re.compile(r'jobqueue_jobs\{kind="",queue="(\w+)",source="[^"]*",state="(\w+)"\} (\S+)')


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("doctor",), "engine: toy"),
        (("sql",), "FROM toy_jobs GROUP BY queue"),
        (("init", "--file", "-"), "engine: toy"),
    ],
)
def test_every_command_works_with_it(house: Path, database: Database, arguments: tuple[str, ...], told: str) -> None:
    database.connection.execute(JOBS.encode())
    done = jobqueue(house, database, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert told in done.stdout


def test_it_may_be_named_in_a_configuration(house: Path, database: Database) -> None:
    (house / "jobqueue.yml").write_text("sources: [{name: a, dsn: '${DATABASE_URL}', engine: toy}]\n")
    try:
        done = jobqueue(house, database, "check-config")
    finally:
        (house / "jobqueue.yml").unlink()
    assert (done.returncode, done.stderr) == (0, "")
    assert "engine toy" in done.stdout
