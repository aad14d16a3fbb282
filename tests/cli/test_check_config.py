from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main

GOOD = """\
sources:
  - {name: shop, dsn: 'postgresql+psycopg://me:hunter22@db:5432/shop?pgbouncer=true', table: public.jobs}
  - {name: mail, dsn: '${MAIL}', engine: table}
queues:
  - {match: {source: mail, kind: BULK}, owner: crm}
  - {match: {queue: slow}}
"""
BAD = "sources:\n  - {name: shop, dsn: 'mysql://me:hunter22@db/shop', tabel: jobs}\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, ["check-config", *arguments], env=environ)


def test_a_good_configuration_is_told_in_short_without_passwords(directory: Path) -> None:
    (directory / "jobqueue.yml").write_text(GOOD)
    result = run(MAIL="host=/run/pg dbname=mail password=hunter22")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "fine: 2 sources, 2 queue rules\n"
        "  shop: postgresql://me@db:5432/shop, engine to be detected, table public.jobs\n"
        "    note: `pgbouncer` means nothing to libpq and was left out\n"
        "  mail: postgresql:///mail?host=/run/pg, engine table\n"
        "  source mail, queue *, kind BULK: owned by crm\n"
        "  source *, queue slow, kind *: no owner\n"
    )


def test_a_good_configuration_is_told_as_json(directory: Path) -> None:
    (directory / "jobqueue.yml").write_text(GOOD)
    result = run("--output", "json", MAIL="host=h")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "ok": True,
        "problems": [],
        "listen": ":10227",
        "sources": [
            {
                "name": "shop",
                "engine": None,
                "dsn": "postgresql://me@db:5432/shop",
                "table": "public.jobs",
                "notices": ["`pgbouncer` means nothing to libpq and was left out"],
            },
            {"name": "mail", "engine": "table", "dsn": "postgresql://h", "table": None, "notices": []},
        ],
        "queue_rules": 2,
    }


def test_the_database_url_alone_is_a_configuration() -> None:
    result = run(DATABASE_URL="postgres://me:hunter22@db/shop")
    assert (result.exit_code, result.stdout) == (
        0,
        "fine: 1 source, 0 queue rules\n  shop: postgresql://me@db/shop, engine to be detected\n",
    )


def test_every_problem_goes_to_stderr_and_the_end_is_2(directory: Path) -> None:
    (directory / "my.yml").write_text(BAD)
    result = run("--config", "my.yml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "my.yml:2: sources[0]: unknown key `tabel`; did you mean `table`?\n"
        "my.yml:2: sources[0].dsn: mysql:// is not supported; "
        "postgresql://, redis://, rediss://, http:// and https:// are\n"
    )


def test_every_problem_is_told_as_json(directory: Path) -> None:
    (directory / "my.yml").write_text(BAD)
    result = run("--config", "my.yml", "--output", "json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert (told["ok"], len(told["problems"])) == (False, 2)


def test_without_any_configuration_the_ways_out_are_told() -> None:
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("nothing to read: there is no jobqueue.yml here")


def test_what_is_said_of_an_alert_that_there_is_not_is_wrong(directory: Path) -> None:
    (directory / "jobqueue.yml").write_text(
        GOOD + "alerts:\n  rules:\n    JobQueueBacklogHihg: {threshold: 5}\n    JobQueueStuckJobs: {threshold: 5}\n"
    )
    result = run(MAIL="host=h")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "jobqueue.yml:9: " in result.stderr
    assert "there is no alert of this name; did you mean JobQueueBacklogHigh?" in result.stderr
