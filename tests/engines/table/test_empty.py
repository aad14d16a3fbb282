"""What an empty table tells: zeros of all that it could tell, and nothing else."""

from __future__ import annotations

from jobqueue_exporter.model import LaneJobs, State
from tests.engines.table.shop import Shop


def test_an_empty_lane_has_the_shape_of_the_table(shop: Shop) -> None:
    shop.jobs(without=["locked_at", "updated_at"])

    told = shop.read().facts

    assert told.lanes == {}
    assert told.empty_lane == LaneJobs(
        counts=dict.fromkeys([State.PENDING, State.SCHEDULED, State.RETRYING, State.RUNNING, State.DEAD_LETTER], 0),
        oldest_pending_seconds=0.0,
        stuck=0,
    )
    assert told.dead_letter_windows == ()


def test_a_table_that_says_when_jobs_died_tells_how_many_did_lately(shop: Shop) -> None:
    shop.jobs()

    assert shop.read().facts.dead_letter_windows == ("24h",)


def test_capitals_anywhere_let_other_states_be_written_with_them(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(20_000, kind="A", state="COMPLETED")
    jobs.add(3, kind="A", state="DEAD_LETTER")

    (lane,) = shop.read().lanes.values()

    assert lane.counts[State.DEAD_LETTER] == 3


def test_times_without_a_zone_are_spoken_of_where_the_database_is_not_in_utc(shop: Shop) -> None:
    shop.jobs(types={"run_at": "timestamp", "created_at": "timestamp"})
    assert shop.read().facts.notices == ()

    shop.run(f"ALTER DATABASE {shop.database.name} SET timezone = 'Asia/Tokyo'")

    (notice,) = shop.read().facts.notices or ()
    assert "(created_at, run_at) are read as UTC, but the database's zone is Asia/Tokyo" in notice
