"""A database that goes away and comes back while the exporter runs, which goes on as if nothing was."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

import jobqueue_exporter
from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Mode, Server
from tests.deadline import until
from tests.faults.exporter import JOBS, PATIENCE, TOLD, Exporter, configured, serving_of

MORE = "INSERT INTO jobs (kind) VALUES ('MAIL'), ('SCAN')"
THEN = TOLD | {("MAIL", "pending"): 3.0, ("SCAN", "pending"): 2.0}
PASSWORD = "S3cret/Passw0rd"


@contextmanager
def shop_of(server: Server) -> Iterator[Database]:
    """A database with jobs."""
    with fresh_database(server) as database:
        database.connection.execute(JOBS)
        yield database


@pytest.fixture
def shop(postgres: Server) -> Iterator[Database]:
    """A database with jobs."""
    with shop_of(postgres) as database:
        yield database


def add_more(database: Database) -> None:
    """Two more jobs."""
    with psycopg.connect(database.server.local_dsn(dbname=database.name), autocommit=True) as connection:
        connection.execute(MORE)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_its_series_are_gone_while_it_is_and_true_when_it_is_back(
    shop: Database, tmp_path: Path, mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "jobqueue_exporter")
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        before = exporter.scrape()
        shop.server.stop(mode)
        away = [exporter.scrape() for _ in range(5)]
        shop.server.start()
        add_more(shop)
        after = exporter.scrape()
    assert (before.jobs, after.jobs) == (TOLD, THEN)
    assert [(scrape.up, scrape.of_jobs) for scrape in away] == [(False, set())] * 5
    said = [line for line in caplog.messages if line.startswith("source is ")]
    refused = f'connection to server at "127.0.0.1", port {shop.server.port} failed: Connection refused'
    assert said == [
        "source is read source=shop engine=table",
        f"source is down source=shop reason='{shop.dsn}: connection failed: {refused}'",
        "source is back source=shop",
    ]


def restart(database: Database) -> None:
    """Restart the server."""
    database.server.restart()


def end_connections(database: Database) -> None:
    """End every connection to the database but one's own."""
    query = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(database.server.local_dsn()) as admin:
        admin.execute(query, [database.name])


@pytest.mark.parametrize("lose", [restart, end_connections])
def test_a_connection_that_is_lost_between_two_scrapes_costs_none(
    shop: Database, tmp_path: Path, lose: Callable[[Database], None]
) -> None:
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        before = exporter.scrape()
        lose(shop)
        add_more(shop)
        after = exporter.scrape()
    assert (before.jobs, after.jobs) == (TOLD, THEN)


def test_all_scrapes_share_one_connection(shop: Database, tmp_path: Path) -> None:
    query = "SELECT pid, backend_start FROM pg_stat_activity WHERE application_name = 'jobqueue_exporter'"
    seen = set()
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        for _ in range(50):
            assert exporter.scrape().up
            seen.update(shop.connection.execute(query).fetchall())
    assert len(seen) == 1


def test_a_database_that_is_dropped_and_made_anew_is_read_anew(
    shop: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        before = exporter.scrape()
        with psycopg.connect(shop.server.local_dsn(), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {shop.name} WITH (FORCE)".encode())
            away = exporter.scrape()
            admin.execute(f"CREATE DATABASE {shop.name}".encode())
        empty = exporter.scrape()
        with psycopg.connect(shop.server.local_dsn(dbname=shop.name), autocommit=True) as connection:
            connection.execute(JOBS.encode())
        after = exporter.scrape()
    assert (before.jobs, after.jobs) == (TOLD, TOLD)
    assert [(scrape.up, scrape.of_jobs) for scrape in (away, empty)] == [(False, set())] * 2
    assert f'database "{shop.name}" does not exist' in caplog.text
    assert 'there is no table "public"."jobs"' in caplog.text


def test_an_exporter_that_starts_first_reads_its_database_once_it_is_there(shop: Database, tmp_path: Path) -> None:
    shop.server.stop()
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        before = exporter.scrape()
        shop.server.start()
        after = exporter.scrape()
    assert (before.up, before.of_jobs, after.jobs) == (False, set(), TOLD)


def test_a_source_that_is_down_takes_nothing_from_another(shop: Database, tmp_path: Path) -> None:
    config = configured(tmp_path, shop.dsn)
    config.write_text(config.read_text().replace("]", ', {"name": "mail", "dsn": "postgresql://me@127.0.0.1:1/x"}]'))
    with serving_of(config) as exporter:
        scrape = exporter.scrape()
    assert scrape.values("jobqueue_source_up", "source") == {("shop",): 1, ("mail",): 0}
    assert scrape.jobs == TOLD


@contextmanager
def process_of(folder: Path, dsn: str, password: str) -> Iterator[tuple[Exporter, subprocess.Popen[bytes], Path]]:
    """`jobqueue -v serve` as a process of its own, and the file of all that it says."""
    config, log = configured(folder, dsn), folder / "said"
    command = [sys.executable, "-m", "jobqueue_exporter", "-v", "serve", "--web.listen-address=127.0.0.1:0"]
    paths = str(Path(jobqueue_exporter.__file__).parents[1])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "PGPASSWORD": password}
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=config.parent, env=environment, stdout=said, stderr=said)
    try:
        until(lambda: "serving url=http://" in log.read_text() or process.poll() is not None)
        address = re.search(r"serving url=http://(\S+)", log.read_text())
        assert address, log.read_text()
        yield Exporter(address[1]), process, log
    finally:
        process.kill()
        process.wait()


def test_the_process_lives_through_all_of_it_and_never_says_the_password(tmp_path: Path) -> None:
    with (
        Server(auth="scram-sha-256", password=PASSWORD) as server,
        shop_of(server) as database,
        process_of(tmp_path, database.dsn, PASSWORD) as (exporter, process, log),
    ):
        said = [exporter.scrape()]
        server.restart("immediate")
        said.append(exporter.scrape())
        server.stop()
        said.append(exporter.scrape())
        server.start()
        with psycopg.connect(server.local_dsn(), autocommit=True) as admin:
            admin.execute("ALTER ROLE postgres PASSWORD 'another'")
            end_connections(database)
            said.append(exporter.scrape())
            page = exporter.page()
            admin.execute(f"ALTER ROLE postgres PASSWORD '{PASSWORD}'".encode())
        said.append(exporter.scrape())
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
        logged = log.read_text()
    assert [scrape.jobs for scrape in said] == [TOLD, TOLD, {}, {}, TOLD]
    assert (code, "Traceback" in logged) == (0, False)
    assert 'password authentication failed for user "postgres"' in logged
    texts = [logged, page, *(scrape.text for scrape in said)]
    assert [text for text in texts if PASSWORD in text or "S3cret%2FPassw0rd" in text] == []
