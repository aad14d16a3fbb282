"""Connection strings that are wrong in themselves: refused at once, with the reason and without the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.exporter import configured, run

PASSWORD = "S3cretPassw0rd"
COMMANDS = ["serve", "once", "check-config", "doctor", "init", "sql"]
WRONG = {
    "postgresql://me:{}@db:port/shop": "no host, port and database can be made out in the connection string; expected",
    "postgresql://me:{}@db:99999/shop": "the port in the connection string is not a number from 1 to 65535",
    "postgresql://me:{}@db/shop?sslmode=sometimes": "`sslmode` in the connection string is none of disable, allow",
    "host=db password='{}": "setting number 2 of the connection string is broken: write a value with a space as",
    "host=db password={} dbname": "setting number 3 of the connection string is broken",
    "dbname=postgresql://me:{}@db/shop": "a part of the connection string is itself a URL; give that alone",
}
# In the environment the name of the variable says what is wanted, in a file anything may be meant.
WRONG_FOR_POSTGRES = WRONG | {
    "mysql://me:{}@db/shop": "mysql:// is not supported; only PostgreSQL is: postgresql://user:password@host",
    "redis://:{}@db:6379/0": "expected an address that starts with postgresql://; put this one into REDIS_URL",
    "https://me:{}@db": "expected an address that starts with postgresql://",
    "me:{}@db/shop": "this is no connection string; expected postgresql://user:password@host:5432/database",
    "{}": "this is no connection string; expected",
}
WRONG_FOR_ALL = WRONG | {
    "mysql://me:{}@db/shop": "mysql:// is not supported; postgresql://, redis://, rediss://, http:// and https:// are",
    "redis+sentinel://:{}@db:6379/0": "",
    "me:{}@db/shop": "this is no address; expected postgresql://user:password@host:5432/database (or host",
    "{}": "this is no address; expected",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("dsn", "told"), WRONG_FOR_POSTGRES.items())
@pytest.mark.parametrize("command", COMMANDS)
def test_in_the_environment(folder: Path, command: str, dsn: str, told: str) -> None:
    done = run(command, environ={"DATABASE_URL": dsn.format(PASSWORD)})
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"DATABASE_URL: {told}")
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize(("dsn", "told"), WRONG_FOR_ALL.items())
@pytest.mark.parametrize("command", ["serve", "once", "check-config", "doctor", "sql"])
def test_in_a_file(folder: Path, command: str, dsn: str, told: str) -> None:
    configured(folder, dsn.format(PASSWORD))
    done = run(command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"jobqueue.yml:1: sources[0].dsn: {told}")
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_one_is_no_database(folder: Path, command: str) -> None:
    done = run(command, environ={"DATABASE_URL": "  "})
    assert (done.exit_code, done.stdout) == (2, "")
    assert "DATABASE_URL" in done.stderr
