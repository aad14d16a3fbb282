"""/api/v1/dlq/failures, over the engines as they are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jobqueue_exporter import engines
from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.model import State
from jobqueue_exporter.secret import Secret
from jobqueue_exporter.web.discretion import UNTOLD
from tests.cli.graves import JOBS, NOBODY_LISTENS, bury
from tests.engines.bullmq.conftest import Site as Bull
from tests.engines.procrastinate.site import Site as Procrastinate
from tests.redis_server import RedisServer
from tests.web.api.exporter import ask, exporting, users

PATH = "/api/v1/dlq/failures"
API = Source(name="api", dsn=Secret("http://127.0.0.1:1/readyz"), engine=EngineName("readiness"))
DOWN = Source(name="down", dsn=Secret(NOBODY_LISTENS), engine=EngineName("table"))


@pytest.fixture
def shop(database: Database) -> Source:
    database.connection.execute(JOBS)
    return Source(name="shop", dsn=Secret(database.dsn))


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return users(tmp_path)


@pytest.fixture
def bull() -> Iterator[Bull]:
    with RedisServer() as server:
        bull = Bull(server)
        yield bull
        bull.clear()


@pytest.fixture
def procrastinate(database: Database) -> Iterator[Procrastinate]:
    site = Procrastinate(database)
    yield site
    site.close()


def ids(body: Any) -> list[str]:
    return [one["job_id"] for one in body["failures"]]


def test_a_dead_job_is_told_with_all_that_is_known_of_it(shop: Source, database: Database, known: Path) -> None:
    bury(database, 7, error="HTTP 401 for ann@example.com,\n\x1b[31m token=s3cr3t")
    with exporting(shop, web_config=known) as server:
        found = ask(server, PATH, known=True)
    body: Any = found.body
    (failure,) = body["failures"]
    now = time.time()
    assert (found.status, body["count"], round(now - body["read_at"], -2)) == (200, 1, 0)
    assert (round(now - failure.pop("completed_at"), -2), round(now - failure.pop("created_at"), -2)) == (7200, 10800)
    assert failure == {
        "job_id": "7",
        "source": "shop",
        "queue": "jobs",
        "kind": "MAIL",
        "site_name": "MAIL",
        "error_message": "HTTP 401 for a***@example.com, [31m token=***",
        "retry_count": 5,
    }


def test_the_newest_come_first_up_to_the_limit(shop: Source, database: Database, known: Path) -> None:
    for number in range(1, 31):
        bury(database, number, hours=number)
    with exporting(shop, web_config=known) as server:
        usual, few = ask(server, PATH, known=True).body, ask(server, f"{PATH}?limit=3", known=True).body
    assert (usual["count"], len(ids(usual))) == (20, 20)
    assert (few["count"], ids(few)) == (3, ["1", "2", "3"])


def test_it_lists_what_the_operator_of_the_engine_lists(shop: Source, database: Database, known: Path) -> None:
    bury(database, *range(120))
    with exporting(shop, web_config=known) as server:
        found = ask(server, f"{PATH}?limit=100", known=True).body
    operator = engines.operator(shop)
    wanted = Wanted(state=State.DEAD_LETTER, newest=True, limit=100)
    assert sorted(ids(found)) == sorted(job.id for job in operator.list(wanted))
    operator.close()


def test_sources_of_several_engines_are_merged_by_time(
    shop: Source, database: Database, bull: Bull, known: Path
) -> None:
    bury(database, 1, hours=3)
    bury(database, 2, hours=1)
    bull.queue("mail", failed={"a": (time.time() - 7200) * 1000})
    bull.job("mail", "a", failedReason="gone", finishedOn=round((time.time() - 7200) * 1000), atm=4)
    redis = bull.source("mail")
    with exporting(shop, redis, web_config=known) as server:
        every, one = ask(server, PATH, known=True).body, ask(server, f"{PATH}?source=s", known=True).body
    assert [(each["source"], each["error_message"]) for each in _failures(every)] == [
        ("shop", "boom"),
        ("s", "gone"),
        ("shop", "boom"),
    ]
    assert [(each["queue"], each["retry_count"]) for each in _failures(one)] == [("mail", 4)]


def _failures(body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body["failures"]
    return found


def test_jobs_of_procrastinate_are_told_too(procrastinate: Procrastinate, known: Path) -> None:
    job = procrastinate.defer("boom")
    procrastinate.work()
    with exporting(procrastinate.source(), web_config=known) as server:
        (failure,) = _failures(ask(server, PATH, known=True).body)
    told = (failure["job_id"], failure["source"], failure["queue"], failure["kind"], failure["retry_count"])
    assert told == (str(job), "site", "default", "boom", 1)


def test_strangers_are_told_the_number_and_how_to_see_more(shop: Source, database: Database) -> None:
    bury(database, *range(30), error="the customer ann was refused")
    with exporting(shop) as server:
        usual, many = ask(server, PATH), ask(server, f"{PATH}?limit=100")
    assert (usual.status, usual.body["failures"], usual.body["count"]) == (200, [], 20)
    assert (many.body["failures"], many.body["count"]) == ([], 30)
    assert "--web.config.file" in str(usual.body["note"])
    assert "ann" not in json.dumps(usual.body)


def test_a_source_that_is_down_is_no_empty_list_and_hides_no_other(
    shop: Source, database: Database, known: Path
) -> None:
    bury(database, 1)
    with exporting(shop, DOWN, web_config=known) as server:
        every, down = ask(server, PATH, known=True), ask(server, f"{PATH}?source=down", known=True)
        one = ask(server, f"{PATH}?source=shop", known=True)
    errors: Any = every.body["errors"]
    assert (every.status, ids(every.body), every.body["count"], errors.keys()) == (200, ["1"], None, {"down"})
    assert (one.status, ids(one.body), one.body["count"], "errors" in one.body) == (200, ["1"], 1, False)
    assert (down.status, down.error) == (503, f"down: {errors['down']}")
    assert "refused" in down.error
    assert "hunter2" not in down.error


def test_strangers_are_told_no_number_that_lacks_a_source(shop: Source, database: Database) -> None:
    bury(database, 1, 2)
    with exporting(shop, DOWN) as server:
        every, one = ask(server, PATH).body, ask(server, f"{PATH}?source=shop").body
        down = ask(server, f"{PATH}?source=down")
    assert (every["count"], every["errors"]) == (None, {"down": UNTOLD})
    assert (one["count"], "errors" in one) == (2, False)
    assert (down.status, down.error) == (503, f"down: {UNTOLD}")


def test_when_all_are_down_there_is_no_list(shop: Source, known: Path) -> None:
    also = replace(DOWN, name="also")
    with exporting(DOWN, also, API, web_config=known) as server:
        alice = ask(server, PATH, known=True)
    with exporting(DOWN, also) as server:
        stranger = ask(server, PATH)
    assert (alice.status, alice.error.startswith("down: "), "; also: " in alice.error) == (503, True, True)
    assert (stranger.status, stranger.error) == (503, f"down: {UNTOLD}; also: {UNTOLD}")


def test_an_engine_that_shows_no_jobs_is_said_to_be_such(shop: Source, database: Database, known: Path) -> None:
    bury(database, 1)
    with exporting(shop, API, web_config=known) as server:
        every, api = ask(server, PATH, known=True), ask(server, f"{PATH}?source=api", known=True)
    why = "api: jobs of engine readiness cannot be seen one by one"
    assert (every.status, ids(every.body), every.body["note"]) == (200, ["1"], why)
    assert (api.status, api.error) == (400, f"{why}; ask for their numbers: /api/v1/dlq/stats")


def test_odd_names_survive(shop: Source, database: Database, known: Path) -> None:
    kind = "<b>\"'/🚀\x07?&#"
    bury(database, 1, kind=kind)
    with exporting(shop, web_config=known) as server:
        (failure,) = _failures(ask(server, PATH, known=True).body)
    assert failure["kind"] == kind
