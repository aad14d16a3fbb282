"""Databases that cannot be entered: told by every command in words, never with a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server
from tests.faults.exporter import JOBS, TOLD, Scrape, configured, run, serving_of

PASSWORD = "%41 S3cret/@Passw0rd#?&"
CODED = quote(PASSWORD, safe="")
GUESS = "S3cretGuess"
SECRETS = (PASSWORD, CODED, GUESS)


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """The jobs of a shop, on a server that asks for passwords, and a role that may read them."""
    with Server(auth="scram-sha-256", password=PASSWORD) as strict, fresh_database(strict) as database:
        database.connection.execute(JOBS)
        database.connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'".encode())
        database.connection.execute("GRANT SELECT ON jobs TO reader")
        yield database


WRONG = pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("postgresql://reader:{guess}@{place}/{shop}", 'password authentication failed for user "reader"'),
        ("postgresql://nobody:{coded}@{place}/{shop}", 'password authentication failed for user "nobody"'),
        ("postgresql://reader@{place}/{shop}", "no password supplied"),
        ("postgresql://reader:{coded}@{place}/nowhere", 'database "nowhere" does not exist'),
        ("postgresql://reader:{coded}@{place}/{shop}?sslmode=require", "server does not support SSL"),
        ("postgresql://reader:{coded}@nowhere.invalid/{shop}", "failed to resolve host 'nowhere.invalid'"),
        ("postgresql://reader:{coded}@127.0.0.1:1/{shop}", "port 1 failed: Connection refused"),
        ("host=/nowhere user=reader password={guess}", 'socket "/nowhere/.s.PGSQL.5432" failed: No such file'),
    ],
)


@pytest.fixture
def config(database: Database, tmp_path: Path, dsn: str) -> Path:
    """A configuration with this connection string."""
    place = f"127.0.0.1:{database.server.port}"
    return configured(tmp_path, dsn.format(guess=GUESS, coded=CODED, place=place, shop=database.name))


@WRONG
def test_once_tells_that_the_source_is_down_and_why(config: Path, told: str) -> None:
    done = run("once", "--config", str(config))
    assert (done.exit_code, Scrape(done.stdout).up, Scrape(done.stdout).of_jobs) == (1, False, set())
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [secret for secret in SECRETS if secret in done.output] == []


@WRONG
@pytest.mark.parametrize("command", ["doctor", "sql"])
def test_commands_that_look_closer_name_it_too(config: Path, command: str, told: str) -> None:
    done = run("-v", command, "--config", str(config))
    assert done.exit_code == 1
    assert told in done.output
    assert [word for word in (*SECRETS, "Traceback") if word in done.output] == []


@pytest.mark.parametrize(
    ("dsn", "way"),
    [
        (
            "postgresql://reader:{guess}@{place}/{shop}",
            "check the user and the password; in a URL, write @ / : ? # and % of a password as %40 %2F %3A %3F %23 and "
            "%25",
        ),
        ("postgresql://reader@{place}/{shop}", "as in postgresql://user:password@host/database"),
        ("postgresql://reader:{coded}@nowhere.invalid/{shop}", "that it can be looked up from here"),
        ("postgresql://reader:{coded}@127.0.0.1:1/{shop}", "is the server running there, and does it listen on"),
    ],
)
def test_doctor_calls_it_a_failure_to_connect_and_knows_a_way_out(config: Path, way: str) -> None:
    lines = run("doctor", "--config", str(config)).stdout.splitlines()
    assert [(line.startswith("  failed  connect: "), way in line) for line in lines[1:]] == [(True, True)]


@WRONG
def test_serve_goes_on_and_says_so_once_in_its_log(config: Path, told: str, caplog: pytest.LogCaptureFixture) -> None:
    with serving_of(config) as exporter:
        scrapes, page = [exporter.scrape() for _ in range(3)], exporter.page()
    assert [(scrape.up, scrape.of_jobs) for scrape in scrapes] == [(False, set())] * 3
    assert len([line for line in caplog.messages if told in line]) == 1
    assert [secret for secret in SECRETS if secret in caplog.text + page + scrapes[0].text] == []


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://reader:{coded}@{place}/{shop}?pgbouncer=true&connection_limit=1&pool_timeout=0&schema=public",
        "postgres://reader:{coded}@{place}/{shop}?sslmode=prefer&uselibpqcompat=true&currentSchema=public",
        "postgresql+psycopg://reader:{coded}@{place}/{shop}?prepared_statement_cache_size=0",
        "postgresql+asyncpg://reader:{coded}@{place}/{shop}?ssl=false&statement_cache_size=0",
        "jdbc:postgresql://{place}/{shop}?user=reader&password={coded}&ApplicationName=x&reWriteBatchedInserts=true",
        "postgresql://reader:{raw}@{place}/{shop}?pgbouncer=true",
        "'postgresql://reader:{coded}@{place}/{shop}'\n",
        "host=127.0.0.1 port={port} dbname={shop} user=reader password='{raw}'",
        "host=127.0.0.1 port={port} dbname={shop} user=reader password='{raw}' options='-csearch_path=public -cjit=on'",
    ],
)
def test_a_connection_string_as_others_write_it_leads_to_the_jobs(
    database: Database, tmp_path: Path, written: str
) -> None:
    port, raw = database.server.port, PASSWORD.replace("%41", "%2541")
    raw = PASSWORD if written.startswith("host") else raw
    dsn = written.format(coded=CODED, raw=raw, port=port, place=f"127.0.0.1:{port}", shop=database.name)
    done = run("once", "--config", str(configured(tmp_path, dsn)))
    assert (done.exit_code, Scrape(done.stdout).jobs) == (0, TOLD), done.stderr
    assert [secret for secret in SECRETS if secret in done.output] == []
