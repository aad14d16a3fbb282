"""Every answer is as the description has it: of every path, to strangers and to Alice, with sources up and down."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.config.types import Duration, EngineName, Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.secret import Secret
from jobqueue_exporter.web.api.__main__ import written
from jobqueue_exporter.web.api.operations import OPERATIONS
from tests.cli.graves import JOBS, NOBODY_LISTENS, bury
from tests.full_snapshot import FACTS
from tests.web.api.contract import broken
from tests.web.api.exporter import ALICE, exporting, users
from tests.web.reader_by_hand import ready
from tests.web.served import Served, config, served

DESCRIPTION = json.loads(written())
QUERIES = (
    "",
    "?detail=1",
    "?source=shop",
    "?source=shop&detail=1",
    "?limit=1",
    "?source=nope",
    "?limit=0",
    "?limit=x",
    "?detail=yes",
    "?limit=1&limit=2",
)


def asked(server: Served, *, headers: Mapping[str, str]) -> tuple[list[str], dict[int, int]]:
    """What is broken of all that was promised, and how often each status came."""
    found: list[str] = []
    statuses: dict[int, int] = {}
    for operation, query in product(OPERATIONS, QUERIES):
        reply = server.ask(f"{operation.path}{query}", headers)
        statuses[reply.status] = statuses.get(reply.status, 0) + 1
        found += [f"{query} {each}" for each in broken(DESCRIPTION, operation, reply)]
    return found, statuses


def refused(server: Served) -> tuple[list[str], list[set[int]]]:
    """What is broken of what was promised to those who do not just ask, and which statuses each operation gave."""
    found: list[str] = []
    statuses: list[set[int]] = []
    for operation in OPERATIONS:
        replies = [
            server.ask(operation.path, method="DELETE"),
            server.ask(operation.path, method="POST", body=b"{}"),
            server.ask(operation.path, body=b"{}"),
            server.ask(operation.path, {"Authorization": "Basic !!!"}),
        ]
        found += [each for reply in replies for each in broken(DESCRIPTION, operation, reply)]
        statuses.append({reply.status for reply in replies})
    return found, statuses


@contextmanager
def hanging() -> Iterator[Source]:
    """A database that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dsn = Secret(f"postgresql://reader@127.0.0.1:{listener.getsockname()[1]}/shop")
        yield Source(name="slow", dsn=dsn, engine=EngineName("table"), timeout=Duration(0.5))


@pytest.fixture
def shop(database: Database) -> Source:
    database.connection.execute(JOBS)
    bury(database, 1, 2)
    return Source(name="shop", dsn=Secret(database.dsn))


def test_with_a_source_that_is_up(shop: Source, tmp_path: Path) -> None:
    with exporting(shop, web_config=users(tmp_path)) as server:
        stranger, alice = asked(server, headers={}), asked(server, headers=ALICE)
    with exporting(shop) as server:
        anyone = asked(server, headers={})
    assert (stranger[0], alice[0], anyone[0]) == ([], [], [])
    assert (set(stranger[1]), set(alice[1]), set(anyone[1])) == ({200, 401}, {200, 400, 404}, {200, 400, 404})


def test_with_a_source_that_is_down_and_one_that_hangs(shop: Source, tmp_path: Path) -> None:
    down = Source(name="down", dsn=Secret(NOBODY_LISTENS), engine=EngineName("table"))
    with hanging() as slow, exporting(shop, down, slow, web_config=users(tmp_path)) as server:
        alice = asked(server, headers=ALICE)
    with hanging() as slow, exporting(shop, down, slow) as server:
        anyone = asked(server, headers={})
    assert (alice[0], anyone[0]) == ([], [])
    assert set(alice[1]) == set(anyone[1]) == {200, 400, 404, 503}


def test_with_those_who_do_not_just_ask(tmp_path: Path) -> None:
    with served() as server:
        found, statuses = refused(server)
    assert found == []
    assert all(each >= {405, 413} for each in statuses)
    file = users(tmp_path)
    file.write_text(f"{file.read_text()}\nrate_limit: {{interval: 1h, burst: 2}}")
    with served(web_config=file) as server:
        told = [refused(server) for _ in range(2)]
    assert [each for each, _ in told] == [[], []]
    described = [set(map(int, DESCRIPTION["paths"][each.path]["get"]["responses"])) for each in OPERATIONS]
    gated = {401, 429}
    given = [each & gated for each in map(set.union, told[0][1], told[1][1])]
    assert set.union(*given) == gated
    assert [bool(each) for each in given] == [bool(each & gated) for each in described]


def test_with_a_source_that_tells_everything() -> None:
    with served(config("shop"), {"shop": ready(replace(FACTS, notices=("public.jobs",)))}) as server:
        found, _ = asked(server, headers={})
    assert found == []


def test_the_contract_notices_what_is_amiss() -> None:
    (alive, *_) = OPERATIONS
    with served() as server:
        reply = server.ask(alive.path)
    amiss: list[Any] = [
        replace(reply, status=418),
        replace(reply, body=b'{"ok": 1}'),
        replace(reply, body=b'{"ok": true, "more": 1}'),
        replace(reply, headers={"content-type": "text/html"}),
    ]
    assert list(broken(DESCRIPTION, alive, reply)) == []
    assert [bool(list(broken(DESCRIPTION, alive, each))) for each in amiss] == [True] * 4
