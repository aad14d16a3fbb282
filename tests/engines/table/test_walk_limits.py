"""When live jobs are not counted along an index: it may leave rows out, or there are too many."""

from __future__ import annotations

import time

import pytest

from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.model import Lane, State
from tests.engines.table.shop import Shop

_BY_STATE = "CREATE INDEX ON jobs (state, run_at)"


def _walks(reader: TableReader) -> bool:
    request = Request(deadline=time.monotonic() + 20, extras=frozenset())
    return any(one.text.startswith("WITH RECURSIVE k0") for one in reader.statements(request))


@pytest.mark.parametrize(
    ("where", "walks"),
    [
        ("", True),
        ("WHERE state NOT IN ('completed')", True),
        ("WHERE state IN ('queued', 'dead_letter', 'running')", True),
        ("WHERE state <> 'dead_letter'", False),
        ("WHERE state = 'queued'", False),
        ("WHERE attempts > 0", False),
    ],
)
def test_only_an_index_that_holds_every_live_row_is_walked(shop: Shop, where: str, walks: bool) -> None:
    jobs = shop.jobs()
    jobs.add(kind="A", state="queued", run_at=-5)
    jobs.add(kind="A", state="dead_letter", run_at=-5)
    jobs.add(kind="A", state="completed", run_at=-5)
    shop.run(_BY_STATE, f"CREATE INDEX ON jobs (state, kind, run_at, created_at) {where}")

    assert _walks(shop.reader()) is walks


@pytest.mark.parametrize(("state", "walks"), [("<> 'completed'", True), ("<> 'dead_letter'", False)])
def test_the_same_holds_for_an_enum(shop: Shop, state: str, walks: bool) -> None:
    shop.run("CREATE TYPE phase AS ENUM ('queued', 'completed', 'dead_letter')")
    shop.jobs(types={"state": "phase"}).add(kind="A", state="queued", run_at=-5)
    shop.run(f"CREATE INDEX ON jobs (state, kind, run_at, created_at) WHERE state {state}")

    assert _walks(shop.reader()) is walks


@pytest.mark.parametrize("key", ["state text_pattern_ops", 'state COLLATE "C"'])
def test_an_index_in_another_order_leads_to_nothing(shop: Shop, key: str) -> None:
    shop.jobs().add(kind="A", state="queued", run_at=-5)
    shop.run(f"CREATE INDEX ON jobs ({key}, kind, run_at, created_at)")
    reader = shop.reader()

    assert not _walks(reader)
    assert not reader.planned.jobs.complete


def test_too_many_to_walk_are_read_until_the_table_is_looked_at_anew(shop: Shop) -> None:
    shop.jobs().add(5, kind="A", state="queued", run_at=-5)
    shop.run("CREATE INDEX ON jobs (state, kind, run_at, created_at)")
    reader = shop.reader(count_cap=3)

    assert [_walks(reader) for _ in range(3)] == [True, False, False]
    told = shop.told(reader).lanes[Lane("jobs", "A")]
    assert told.counts[State.PENDING] == 4


def _bounded(reader: TableReader) -> bool:
    request = Request(deadline=time.monotonic() + 20, extras=frozenset())
    return any(") AS l) AS total" in one.text for one in reader.statements(request))


def test_counting_a_lane_is_bounded_unless_the_last_reading_was_far_from_the_cap(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(2, kind="A", state="queued", run_at=-5)
    shop.run("CREATE INDEX ON jobs (state, kind, run_at, created_at)")
    reader = shop.reader(count_cap=3)
    assert [_bounded(reader) for _ in range(2)] == [True, False]

    jobs.add(8, kind="A", state="queued", run_at=-5)
    assert shop.told(reader).lanes[Lane("jobs", "A")].counts[State.PENDING] == 4


def test_a_reading_that_failed_bounds_the_next(shop: Shop) -> None:
    shop.jobs().add(2, kind="A", state="queued", run_at=-5)
    shop.run("CREATE INDEX ON jobs (state, kind, run_at, created_at)")
    reader = shop.reader()
    assert [_bounded(reader) for _ in range(2)] == [True, False]

    shop.run("ALTER TABLE jobs RENAME run_at TO due_at")
    with pytest.raises(SourceError):
        shop.told(reader)
    shop.run("ALTER TABLE jobs RENAME due_at TO run_at")

    assert _bounded(reader)
