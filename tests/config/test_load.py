from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from jobqueue_exporter.config.load import load
from jobqueue_exporter.config.types import (
    BullMQ,
    CauseRule,
    Columns,
    Config,
    Duration,
    EngineName,
    Events,
    Match,
    QueueRule,
    Server,
    Source,
    States,
)
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.model import Cause
from jobqueue_exporter.secret import Secret
from tests.config.conftest import Read, Write

FULL = """\
server: {listen: "127.0.0.1:1", external_url: https://jobs.example.com, metrics: self, reload: true}
sources:
  - name: shop
    engine: table
    dsn: postgres://u:p@h/d
    table: public.jobs
    columns: {queue: null, kind: type}
    states: {waiting: [queued], retry: [failed]}
    events: {table: job_events, started: [claimed]}
    heartbeats: false
    binaries: [ffmpeg]
    causes: [{match: timeout, cause: recoverable}]
    timeout: 2m
    max_age: 0
queues:
  - {match: {source: shop, kind: MAIL_*}, owner: crm, wait_objective: 60, page: false}
"""


def test_a_file_becomes_a_config(read: Read) -> None:
    config = read(FULL)
    assert config == Config(
        server=Server(listen="127.0.0.1:1", external_url="https://jobs.example.com", metrics="self", reload=True),
        sources=(
            Source(
                name="shop",
                engine=EngineName("table"),
                dsn=Secret("postgres://u:p@h/d"),
                table="public.jobs",
                columns=Columns(queue=None, kind="type"),
                states=States(waiting=("queued",), retry=("failed",)),
                events=Events(table="job_events", started=("claimed",)),
                heartbeats=False,
                binaries=("ffmpeg",),
                causes=(CauseRule(match="timeout", cause=Cause.RECOVERABLE),),
                timeout=Duration(120),
                max_age=Duration(0),
            ),
        ),
        queues=(
            QueueRule(
                match=Match(source="shop", kind="MAIL_*"),
                owner="crm",
                wait_objective=Duration(60),
                page=False,
            ),
        ),
    )


def test_the_parts_have_their_own_types(read: Read) -> None:
    source = read("sources: [{name: a, dsn: host=h, timeout: 1s}]").sources[0]
    assert (type(source.dsn), issubclass(type(source.timeout), Duration)) == (Secret, True)
    assert source.columns.queue is msgspec.UNSET


def test_no_secret_is_in_the_repr(read: Read) -> None:
    assert "hunter22" not in repr(read("sources: [{name: a, dsn: 'postgres://u:hunter22@h'}]"))


def test_variables_may_stand_in_a_file_beside_the_configuration(write: Write) -> None:
    path = write("sources: [{name: a, dsn: '${URL}'}]")
    (path.parent / ".env").write_text("URL='postgres://u:p#w@h'\n")
    assert str(load(path, {}).sources[0].dsn) == "postgres://u:p#w@h"
    assert str(load(path, {"URL": "host=real"}).sources[0].dsn) == "host=real"


def test_problems_of_that_file_are_told_with_the_others(write: Write) -> None:
    path = write("sources: [{name: a, dsn: host=h, tabel: b}]")
    (path.parent / ".env").write_text("hunter22\n")
    with pytest.raises(ConfigError) as refusal:
        load(path, {})
    assert refusal.value.problems == (
        f"{path.parent}/.env:1: expected NAME=value, with quotes closed",
        f"{path}:1: sources[0]: unknown key `tabel`; did you mean `table`?",
    )


def test_without_a_path_the_file_in_this_directory_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write("sources: [{name: a, dsn: host=h}]").parent)
    assert load(None, {"DATABASE_URL": "host=other"}).sources[0].name == "a"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgres://u:p@h/shop", "shop"),
        ("postgres://u:p@h/my%20shop", "my-shop"),
        ("postgres://u:p@h/_shop.", "shop"),
        ("postgres://u:p@h/b%C3%A4r", "b-r"),
        ("postgres://u:p@h/" + "x" * 80, "x" * 63),
        ("postgres://u:p@h/%F0%9F%98%80", "database"),
        ("postgres://u:p@h", "database"),
        ("host=h dbname=shop", "shop"),
    ],
)
def test_without_a_file_the_database_url_is_the_one_source(
    url: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {"DATABASE_URL": url}) == Config(sources=(Source(name=name, dsn=Secret(url)),))


def test_both_urls_are_a_source_each_and_the_redis_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    urls = {"DATABASE_URL": "postgres://h/shop", "REDIS_URL": "rediss://:hunter22@h:6380/2"}
    assert load(None, urls).sources == (
        Source(name="shop", dsn=Secret(urls["DATABASE_URL"])),
        Source(name="redis-2", dsn=Secret(urls["REDIS_URL"]), bullmq=BullMQ(scan=True)),
    )


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"REDIS_URL": "postgres://u:hunter22@h/d"}, "REDIS_URL: expected an address that starts with redis://"),
        (
            {"DATABASE_URL": "redis://:hunter22@h/0"},
            "DATABASE_URL: expected an address that starts with postgresql://; put this one into REDIS_URL",
        ),
    ],
)
def test_an_address_under_the_wrong_name_is_refused(
    environ: dict[str, str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refusal:
        load(None, environ)
    assert str(refusal.value).startswith(problem)
    assert "hunter22" not in str(refusal.value)


def test_the_database_url_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("DATABASE_URL=postgres://h/shop\n")
    assert load(None, {}).sources[0].name == "shop"


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": ""}, {"DATABASE_URL": " "}])
def test_with_nothing_at_all_the_ways_out_are_told(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refusal:
        load(None, environ)
    assert str(refusal.value) == (
        "nothing to read: there is no jobqueue.yml here and neither DATABASE_URL nor REDIS_URL is set; "
        "set one, name a file with --config, or write one with `jobqueue init`"
    )


def test_a_database_url_that_cannot_be_read_is_named_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refusal:
        load(None, {"DATABASE_URL": "mysql://u:hunter22@h/d"})
    assert str(refusal.value) == (
        "DATABASE_URL: mysql:// is not supported; only PostgreSQL is: postgresql://user:password@host:5432/database"
    )
