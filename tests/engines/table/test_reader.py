"""One reading: its parts, their order, and that one which fails costs only what it tells."""

from __future__ import annotations

import time

import psycopg
import pytest

from jobqueue_exporter.engines.protocol import Collector, Part, Request, Tier
from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.errors import Refused, TimedOut
from jobqueue_exporter.model import Lane, Signal, State
from tests.engines.table.shop import EVENTS, EXTRAS, Shop

A = Lane("jobs", "A")


def _request(*extras: str, seconds: float = 20.0) -> Request:
    return Request(deadline=time.monotonic() + seconds, extras=frozenset(extras), thresholds=(1.0,))


@pytest.fixture
def full(shop: Shop) -> Shop:
    """System A's tables, an events table and a heartbeat table."""
    shop.run(EVENTS, heartbeats.DDL)
    shop.jobs().add(3, kind="A", state="queued")
    return shop


def test_before_the_first_reading_nothing_is_known_of_a_source(full: Shop) -> None:
    reader = full.reader()

    assert (reader.engine, reader.collectors, reader.signals) == ("table", (), {})
    with pytest.raises(Refused, match="source shop was not read yet"):
        _ = reader.planned


def test_a_reading_tells_what_it_can_read(full: Shop) -> None:
    reader = full.reader()
    list(reader.read(_request()))

    assert reader.collectors == (
        Collector("jobs", Tier.CORE),
        Collector("workers", Tier.CORE),
        Collector("dead_letters", Tier.EXTRA),
        Collector("flows", Tier.EXTRA),
    )
    assert reader.signals == dict.fromkeys(Signal, True) | dict.fromkeys(
        (Signal.PAUSE, Signal.RECOVERY, Signal.SCHEDULES), False
    )


def test_the_core_comes_first_and_extras_only_when_they_are_due(full: Shop) -> None:
    reader = full.reader()

    assert [part.collector for part in reader.read(_request())] == ["jobs", "workers"]
    assert [part.collector for part in reader.read(_request("flows"))] == ["jobs", "workers", "flows"]
    assert [part.collector for part in reader.read(_request(*EXTRAS))] == ["jobs", "workers", "dead_letters", "flows"]


def test_all_parts_are_of_one_snapshot(full: Shop) -> None:
    parts = full.reader().read(_request(*EXTRAS))
    jobs = next(parts)
    full.run("UPDATE jobs SET state = 'dead_letter'", "INSERT INTO job_workers (worker_id) VALUES ('w1')")

    rest = {part.collector: part.facts for part in parts}

    assert jobs.facts is not None
    assert (jobs.facts.lanes or {})[A].counts[State.PENDING] == 3
    assert rest["dead_letters"] is not None
    assert rest["dead_letters"].dead_letters == {}
    assert rest["workers"] is not None
    assert rest["workers"].workers is not None
    assert rest["workers"].workers.live == 0


def _locked(full: Shop, table: str, reader: TableReader) -> dict[str, Part]:
    with psycopg.connect(full.database.dsn) as other:
        other.execute(f"LOCK TABLE {table}".encode())
        return {part.collector: part for part in reader.read(_request(*EXTRAS))}


@pytest.mark.parametrize(("table", "collector"), [("job_events", "flows"), ("job_workers", "workers")])
def test_a_companion_that_is_locked_costs_only_what_it_tells(full: Shop, table: str, collector: str) -> None:
    reader = full.reader()
    list(reader.read(_request()))

    parts = _locked(full, table, reader)

    assert {name for name, part in parts.items() if part.error} == {collector}
    assert "the table is locked, as by ALTER TABLE or LOCK" in parts[collector].error
    assert not any(part.error for part in reader.read(_request(*EXTRAS)))


def test_jobs_that_are_locked_cost_the_whole_reading(full: Shop) -> None:
    reader = full.reader()
    list(reader.read(_request()))

    with pytest.raises(Refused, match="the table is locked, as by ALTER TABLE or LOCK"):
        _locked(full, "jobs", reader)

    assert not any(part.error for part in reader.read(_request()))


def test_an_extra_that_is_too_slow_costs_itself_and_those_after_it(full: Shop) -> None:
    full.run(
        "CREATE FUNCTION slow() RETURNS text LANGUAGE plpgsql STABLE AS"
        " $$ BEGIN PERFORM pg_sleep(60); RETURN 'late'; END $$",
        "ALTER TABLE jobs RENAME TO kept",
        "CREATE VIEW jobs AS SELECT id, kind, state, run_at, created_at, updated_at, slow() AS last_error FROM kept",
        "INSERT INTO kept (kind, state) VALUES ('A', 'dead_letter')",
    )
    reader = full.reader()
    list(reader.read(_request()))

    parts = {part.collector: part for part in reader.read(_request(*EXTRAS, seconds=1.5))}

    assert parts["jobs"].facts is not None
    assert {name for name, part in parts.items() if part.error} == {"dead_letters", "flows"}
    assert "canceling statement due to statement timeout" in parts["dead_letters"].error
    assert "the time limit was over" in parts["flows"].error


def test_a_reading_that_has_no_time_is_ended(full: Shop) -> None:
    with pytest.raises(TimedOut):
        list(full.reader().read(_request(seconds=0)))


def test_what_a_connection_string_says_in_vain_is_noticed(full: Shop) -> None:
    assert full.read(dsn=f"{full.database.dsn}?pgbouncer=true").facts.notices == (
        "`pgbouncer` means nothing to libpq and was left out",
    )


def test_the_source_s_clock_and_version_are_told(full: Shop) -> None:
    facts = full.read().facts
    (version,) = full.database.connection.execute("SHOW server_version").fetchone() or ("",)

    assert facts.version == version.partition(" ")[0]
    assert facts.clock == pytest.approx(time.time(), abs=10)
    assert facts.lag_seconds is None


def test_the_statements_are_those_that_are_sent(full: Shop) -> None:
    reader = full.reader()

    statements = reader.statements(_request(*EXTRAS))

    assert list(dict.fromkeys(one.collector for one in statements)) == [
        "plan", "jobs", "workers", "dead_letters", "flows"
    ]  # fmt: skip
    assert all(one.plan == "" for one in statements)
    assert all(one.plan for one in reader.statements(_request(*EXTRAS), explain=True))
