"""What doctor says of indexes and of what is not told for want of one, on tables of every sort."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Columns
from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.engines.table import advice
from jobqueue_exporter.model import Signal
from tests.engines.table.shop import EVENTS, Shop

ON_UPDATED_AT = Columns(run_at="updated_at", created_at="updated_at", finished_at="updated_at")
# As if it were large, without the time that filling it takes.
LARGE = "UPDATE pg_class SET reltuples = 5000000 WHERE relname = 'jobs'"


def _found(shop: Shop, *, table: str | None = None, columns: Columns | None = None) -> list[Finding]:
    reader = shop.reader(table=table, columns=columns or Columns())
    shop.told(reader)
    return list(advice.findings(reader.planned))


def _of(shop: Shop, topic: str) -> list[tuple[Status, str, str]]:
    return [(one.status, one.text, one.statement) for one in _found(shop) if one.topic == topic]


def test_a_table_that_was_never_analysed_is_not_called_small(shop: Shop) -> None:
    shop.run(EVENTS)
    shop.jobs()

    assert _of(shop, "index") == [
        (
            Status.INFO,
            "how many rows public.jobs has is not known, since it was never analysed: run this, then doctor again",
            'ANALYZE "public"."jobs";',
        )
    ]


def test_a_partitioned_table_is_as_large_as_its_partitions_and_its_index_is_said_to_lock(shop: Shop) -> None:
    shop.run(
        EVENTS,
        "CREATE TABLE jobs (id uuid, kind text, state text, run_at timestamptz, attempts int, created_at timestamptz) "
        "PARTITION BY LIST (kind)",
        "CREATE TABLE jobs_a PARTITION OF jobs FOR VALUES IN ('A')",
        "CREATE TABLE jobs_b PARTITION OF jobs FOR VALUES IN ('B')",
        "UPDATE pg_class SET reltuples = 30000 WHERE relname IN ('jobs_a', 'jobs_b')",
    )

    live, by_id = (one for one in _found(shop) if one.topic == "index")

    assert live.text == (
        "no index of public.jobs starts with state: each scrape reads all 60000 rows; "
        "on a partitioned table making it keeps writers out until it is done"
    )
    assert by_id.statement == 'CREATE INDEX "jobs_id" ON "public"."jobs" ("id");'
    shop.run(*live.statement.splitlines(), by_id.statement)
    assert {one.status for one in _found(shop) if one.topic == "index"} == {Status.OK}


@pytest.mark.parametrize("kind", ["view", "materialized view"])
def test_no_index_is_advised_on_what_is_no_table(shop: Shop, kind: str) -> None:
    shop.jobs("rows")
    shop.run(f"CREATE {kind} jobs AS SELECT * FROM rows", LARGE)

    found = _found(shop, table="jobs")

    assert [one.statement for one in found] == [""] * 3
    assert found[0].text.startswith(f"public.jobs is a {kind}: ")


def test_an_advised_index_has_no_column_that_heartbeats_write(shop: Shop) -> None:
    shop.jobs(types={"finished_at": "timestamptz"})
    shop.run(LARGE)

    found = _found(shop, columns=ON_UPDATED_AT)

    assert [one.statement for one in found] == [
        'CREATE INDEX CONCURRENTLY "jobs_live_count" ON "public"."jobs" ("state", "kind")'
        " WHERE \"state\" NOT IN ('done', 'completed', 'complete', 'succeeded', 'success', 'finished', 'processed', "
        "'discarded', 'abandoned', 'expired', 'cancelled', 'canceled', 'aborted');\n"
        'CREATE INDEX CONCURRENTLY "jobs_live_due" ON "public"."jobs" ("state", "kind") INCLUDE ("attempts")'
        " WHERE \"state\" NOT IN ('done', 'completed', 'complete', 'succeeded', 'success', 'finished', 'processed', "
        "'discarded', 'abandoned', 'expired', 'cancelled', 'canceled', 'aborted');",
        "",
        "",
    ]
    shop.run(*found[0].statement.splitlines(), LARGE)
    assert _found(shop, columns=ON_UPDATED_AT)[0].status == Status.OK


def test_why_there_are_no_counters_is_told_and_how_to_have_them(shop: Shop) -> None:
    shop.jobs(types={"finished_at": "timestamptz"})

    assert _of(shop, "flows") == [
        (
            Status.INFO,
            "counters cannot be told: no events table is read, and no index of public.jobs starts with finished_at; "
            "no index of public.jobs starts with created_at",
            'CREATE INDEX CONCURRENTLY "jobs_finished_at" ON "public"."jobs" ("finished_at");\n'
            'CREATE INDEX CONCURRENTLY "jobs_created_at" ON "public"."jobs" ("created_at");',
        )
    ]


def test_once_its_statements_were_run_there_are_counters(shop: Shop) -> None:
    shop.jobs(types={"finished_at": "timestamptz"})
    ((_, _, statements),) = _of(shop, "flows")

    shop.run(*statements.splitlines())

    assert _of(shop, "flows") == []
    signals = shop.read().signals
    assert (signals[Signal.ENQUEUED], signals[Signal.FINISHED]) == (True, True)


def test_a_table_without_the_moment_of_an_end_is_told_so(shop: Shop) -> None:
    shop.jobs()
    shop.run("CREATE INDEX ON jobs (created_at)")

    assert _of(shop, "flows") == [
        (
            Status.INFO,
            "counters of finished jobs cannot be told: no events table is read, and "
            "public.jobs has no column for columns.finished_at",
            "",
        )
    ]


def test_events_whose_jobs_no_index_finds_are_told(shop: Shop) -> None:
    shop.run(EVENTS)
    shop.jobs(types={"id": "uuid"})
    shop.run("ANALYZE jobs")

    assert _of(shop, "index")[1:] == [
        (
            Status.INFO,
            "no index of public.jobs starts with id, by which each event finds its job: "
            "reading flows reads the whole table",
            'CREATE INDEX CONCURRENTLY "jobs_id" ON "public"."jobs" ("id");',
        )
    ]


def test_states_that_are_only_sampled_are_told(shop: Shop) -> None:
    shop.jobs()
    shop.run(LARGE)
    before = _of(shop, "states")

    shop.run("CREATE INDEX ON jobs (state)", LARGE)

    assert [status for status, _, _ in before] == [Status.INFO]
    assert before[0][1].startswith("no index of all rows of public.jobs starts with state: a rare state")
    assert _of(shop, "states") == []
