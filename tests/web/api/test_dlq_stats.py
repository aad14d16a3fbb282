"""/api/v1/dlq/stats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from jobqueue_exporter.model import (
    Cause,
    CollectorStatus,
    DeadLetters,
    Facts,
    Lane,
    LaneJobs,
    Recovery,
    RecoveryState,
    Snapshot,
    State,
)
from jobqueue_exporter.web.api.dead_letters import of, together
from jobqueue_exporter.web.api.documents import DeadLetterStats, RecoveryStats
from jobqueue_exporter.web.discretion import UNTOLD
from tests.full_snapshot import down, full
from tests.web.api.exporter import ask, users
from tests.web.reader_by_hand import ready
from tests.web.served import config, served

MAIL, SMS = Lane("jobs", "MAIL"), Lane("jobs", "SMS")
NO_RECOVERY = RecoveryStats(total_in_recovery=None, pending_recovery=None, recovered=None, abandoned=None)
REASON = "postgresql://reader@db.example.com:5432/shop: connection refused"


def dead(**counts: int) -> dict[Lane, LaneJobs]:
    return {Lane("jobs", kind): LaneJobs(counts={State.DEAD_LETTER: count}) for kind, count in counts.items()}


def letters(count: int, average: float | None, recent: int | None = None) -> DeadLetters:
    told = None if recent is None else {"24h": recent}
    return DeadLetters(causes={Cause.UNKNOWN: count}, attempts_average=average, recent=told)


def stats_of(facts: Facts) -> DeadLetterStats:
    return of(Snapshot(source="shop", engine="table", read_at=0, up=True, facts=facts))


def stats(total: int | None, last_24h: int | None, average: float | None) -> DeadLetterStats:
    return DeadLetterStats(
        total_failed=total,
        at_least=False,
        permanent_failures=total,
        last_24h=last_24h,
        avg_retries=average,
        recovery=NO_RECOVERY,
    )


def test_all_lanes_of_a_source_are_counted_together() -> None:
    facts = Facts(lanes=dead(MAIL=3, SMS=1, PUSH=0), dead_letters={MAIL: letters(3, 5.0, 2), SMS: letters(1, 3.0, 0)})
    assert stats_of(facts) == stats(4, 2, 4.5)


def test_everything_that_can_be_told_is_told() -> None:
    assert of(full()) == DeadLetterStats(
        total_failed=6,
        at_least=True,
        permanent_failures=6,
        last_24h=3,
        avg_retries=4.5,
        recovery=RecoveryStats(total_in_recovery=48, pending_recovery=5, recovered=40, abandoned=1),
    )


def test_a_source_without_dead_jobs_has_none_and_no_average() -> None:
    assert stats_of(Facts(lanes=dead(MAIL=0))) == stats_of(Facts(lanes={})) == stats(0, 0, None)


def test_what_is_not_told_is_null() -> None:
    assert stats_of(Facts(lanes=dead(MAIL=3))) == stats(3, None, None)
    assert stats_of(Facts(lanes={MAIL: LaneJobs(counts={State.PENDING: 0})})) == stats(None, None, None)
    assert stats_of(Facts()) == stats(None, None, None)


def test_one_lane_that_cannot_tell_the_last_day_makes_it_null() -> None:
    facts = Facts(lanes=dead(MAIL=3, SMS=1), dead_letters={MAIL: letters(3, 5.0, 2), SMS: letters(1, 3.0)})
    assert stats_of(facts).last_24h is None


def test_an_average_counts_by_the_jobs_it_is_of() -> None:
    assert together([stats(30, 3, 5.0), stats(10, 1, 1.0), stats(0, 0, None)]) == stats(40, 4, 4.0)


def test_a_source_that_tells_nothing_of_dead_jobs_is_left_out_of_the_sum() -> None:
    assert together([stats(3, 1, 2.0), stats(None, None, None)]) == stats(3, 1, 2.0)
    assert together([stats(None, None, None)]) == stats(None, None, None)


def test_what_one_source_with_dead_jobs_cannot_tell_cannot_be_told_of_all() -> None:
    assert together([stats(3, 1, 2.0), stats(2, None, None)]) == stats(5, None, None)


def test_recovery_is_summed_over_those_that_keep_it() -> None:
    kept = RecoveryStats(total_in_recovery=4, pending_recovery=1, recovered=3, abandoned=None)
    one = stats(3, 1, 2.0)
    told = DeadLetterStats(**{name: getattr(one, name) for name in one.__struct_fields__} | {"recovery": kept})
    both = RecoveryStats(total_in_recovery=8, pending_recovery=2, recovered=6, abandoned=None)
    assert together([told, told, one]).recovery == both


def test_over_http_one_source_is_told_by_the_names_of_the_known_api() -> None:
    recovery = Recovery(jobs={RecoveryState.PENDING: 2, RecoveryState.RECOVERED: 1, RecoveryState.ABANDONED: 0})
    facts = Facts(lanes=dead(MAIL=3), dead_letters={MAIL: letters(3, 5.0, 2)}, recovery=recovery)
    with served(readers={"shop": ready(facts)}) as server:
        found = ask(server, "/api/v1/dlq/stats")
    assert (found.status, found.body) == (
        200,
        {
            "dlq": {
                "total_failed": 3,
                "at_least": False,
                "permanent_failures": 3,
                "last_24h": 2,
                "avg_retries": 5.0,
                "recovery": {"total_in_recovery": 3, "pending_recovery": 2, "recovered": 1, "abandoned": 0},
            }
        },
    )


def test_several_sources_are_told_together_and_by_name() -> None:
    readers = {"shop": ready(Facts(lanes=dead(MAIL=3))), "mail": ready(Facts(lanes=dead(SMS=2)))}
    with served(config(*readers), readers) as server:
        every: Any = ask(server, "/api/v1/dlq/stats").body
        one: Any = ask(server, "/api/v1/dlq/stats?source=mail").body
    assert every["dlq"]["total_failed"] == 5
    assert {name: each["total_failed"] for name, each in every["sources"].items()} == {"shop": 3, "mail": 2}
    assert every["sources"]["mail"] == one["dlq"]
    assert one.keys() == {"dlq"}


def test_a_source_that_cannot_be_read_is_no_zero_but_an_error(tmp_path: Path) -> None:
    readers = {"shop": ready(Facts(lanes=dead(MAIL=3))), "mail": ready(error=REASON)}
    with served(config(*readers), readers) as server:
        every, one = ask(server, "/api/v1/dlq/stats"), ask(server, "/api/v1/dlq/stats?source=mail")
        shop = ask(server, "/api/v1/dlq/stats?source=shop")
    assert (every.status, one.status, shop.status) == (200, 503, 200)
    assert one.error == f"mail: {UNTOLD}"
    nothing = msgspec.to_builtins(stats(None, None, None))
    assert every.body == {"dlq": nothing, "sources": {"shop": shop.body["dlq"], "mail": nothing | {"error": UNTOLD}}}
    with served(config(*readers), readers, web_config=users(tmp_path)) as server:
        assert ask(server, "/api/v1/dlq/stats?source=mail", known=True).error == f"mail: {REASON}"
        told: Any = ask(server, "/api/v1/dlq/stats", known=True).body
    assert told["sources"]["mail"]["error"] == REASON


def test_when_none_can_be_read_there_are_no_numbers() -> None:
    readers = {"shop": ready(error=REASON), "mail": ready(error=REASON)}
    with served(config(*readers), readers) as server:
        found = ask(server, "/api/v1/dlq/stats")
    assert (found.status, found.error) == (503, f"shop: {UNTOLD}; mail: {UNTOLD}")


def test_a_sum_lacks_no_source_that_may_have_more() -> None:
    lost = of(down())
    assert (lost.total_failed, lost.error) == (None, "db.example.com:5432 refuses connections")
    assert together([stats_of(Facts(lanes=dead(MAIL=3), capped={State.DEAD_LETTER: True})), lost]) == stats(
        None, None, None
    )
    assert together([of(full()), lost]) == stats(None, None, None)
    assert together([lost]) == stats(None, None, None)


def test_what_a_part_that_failed_may_have_told_is_missing_too() -> None:
    failed = CollectorStatus(
        name="jobs", success=False, duration_seconds=0, age_seconds=0, last_success=None, error="HTTP 500"
    )
    blind = of(replace(full(), facts=Facts(), collectors=(failed,)))
    assert (blind.total_failed, blind.error) == (None, "jobs: HTTP 500")
    assert together([stats(3, 1, 2.0), blind]).total_failed is None
    half = of(replace(full(), facts=replace(full().facts, recovery=None), collectors=(failed,)))
    assert (half.total_failed, half.error) == (6, "jobs: HTTP 500")
    both = together([of(full()), half])
    assert (both.total_failed, both.recovery) == (12, NO_RECOVERY)
    assert of(full()).error is UNSET


def test_dead_letters_that_reached_the_cap_are_said_to_be_at_least_so_many() -> None:
    facts = Facts(lanes=dead(MAIL=3), capped={State.DEAD_LETTER: True})
    assert together([stats_of(facts), stats_of(replace(facts, capped=None))]).at_least is True
