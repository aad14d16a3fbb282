"""Dead jobs looked at closely: causes, attempts, and how many died lately."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from jobqueue_exporter.config.types import CauseRule, Columns
from jobqueue_exporter.model import Cause, DeadLetters, Lane, Signal
from tests.engines.table.shop import Shop

A, B = Lane("jobs", "A"), Lane("jobs", "B")


def _causes(recoverable: int = 0, user_error: int = 0, system_error: int = 0, unknown: int = 0) -> dict[Cause, int]:
    return {
        Cause.RECOVERABLE: recoverable,
        Cause.USER_ERROR: user_error,
        Cause.SYSTEM_ERROR: system_error,
        Cause.UNKNOWN: unknown,
    }


def _dead(shop: Shop, errors: Iterable[str | None], column: str = "error", **types: str) -> dict[Cause, int]:
    """The causes of jobs that died of these errors."""
    jobs = shop.jobs(types=types)
    for error in errors:
        jobs.add(**{"kind": "A", "state": "dead_letter", column: error})
    dead = shop.read().facts.dead_letters
    assert dead is not None
    return dict(dead[A].causes)


def test_each_lane_tells_its_causes_attempts_and_last_day(shop: Shop) -> None:
    jobs = shop.jobs()
    for kind, attempts, died, error in (
        ("A", 5, -100, "HTTP 503"),
        ("A", 3, -86_000, "HTTP 404"),
        ("A", 4, -87_000, "who knows"),
        ("B", None, -90_000, None),
    ):
        jobs.add(kind=kind, state="dead_letter", attempts=attempts, updated_at=died, last_error=error)
    jobs.add(kind="A", state="failed", attempts=99, last_error="HTTP 500")
    jobs.add(kind="C", state="queued")

    told = shop.read()

    assert told.facts.dead_letters == {
        A: DeadLetters(causes=_causes(recoverable=1, user_error=1, unknown=1), attempts_average=4.0, recent={"24h": 2}),
        B: DeadLetters(causes=_causes(unknown=1), attempts_average=None, recent={"24h": 0}),
    }
    assert told.signals[Signal.CAUSES]


def test_no_dead_job_is_no_lane(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="queued")

    assert shop.read().facts.dead_letters == {}


@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_a_json_error_tells_by_what_it_says_of_itself_and_by_no_number_beside(shop: Shop, kind: str) -> None:
    errors = (
        '{"code": 503, "message": "try later", "attempts": 400, "max_attempts": 404}',
        '{"message": "no video", "code": "HTTP 404"}',
        '{"message": "ffmpeg: command not found", "worker_id": "worker-1:404:1"}',
        '{"reason": "timed out"}',
        '{"detail": "HTTP 500"}',
        '{"code": "E7", "error": "HTTP 404", "attempts": 503}',
        '{"code": "E7", "detail": "timed out", "attempts": 404}',
        '"HTTP 400"',
        "{}",
        "null",
        None,
    )

    assert _dead(shop, errors, error=kind) == _causes(recoverable=3, user_error=3, system_error=2, unknown=3)


def test_the_first_error_that_says_something_counts(shop: Shop) -> None:
    jobs = shop.jobs()
    for text, error in (("HTTP 503", '{"message": "HTTP 404"}'), ("", '{"message": "HTTP 404"}'), (None, None)):
        jobs.add(kind="A", state="dead_letter", last_error=text, error=error)

    dead = shop.read().facts.dead_letters

    assert dead is not None
    assert dead[A].causes == _causes(recoverable=1, user_error=1, unknown=1)


@pytest.mark.parametrize("column", ["last_error", "error", "error_message"])
def test_an_error_may_have_any_usual_name(shop: Shop, column: str) -> None:
    jobs = shop.jobs(without={"error", "last_error"} - {column}, types={column: "text"})
    jobs.add(**{"kind": "A", "state": "dead_letter", column: "HTTP 503"})

    dead = shop.read().facts.dead_letters

    assert dead is not None
    assert dead[A].causes == _causes(recoverable=1)


def test_a_configured_error_column_is_the_only_one(shop: Shop) -> None:
    jobs = shop.jobs(types={"why": "text"})
    jobs.add(kind="A", state="dead_letter", why="HTTP 404", last_error="HTTP 503")

    dead = shop.read(columns=Columns(error="why")).facts.dead_letters

    assert dead is not None
    assert dead[A].causes == _causes(user_error=1)


def test_the_rules_of_the_source_come_first(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="dead_letter", last_error="HTTP 404")

    dead = shop.read(causes=(CauseRule(match="404", cause=Cause.RECOVERABLE),)).facts.dead_letters

    assert dead is not None
    assert dead[A].causes == _causes(recoverable=1)


def test_without_an_error_column_no_cause_can_be_told(shop: Shop) -> None:
    shop.jobs(without=["error", "last_error"]).add(kind="A", state="dead_letter", attempts=2)

    told = shop.read()

    assert not told.signals[Signal.CAUSES]
    assert told.facts.dead_letters == {
        A: DeadLetters(causes=_causes(unknown=1), attempts_average=2.0, recent={"24h": 1})
    }


def test_without_a_moment_of_death_the_last_day_cannot_be_told(shop: Shop) -> None:
    shop.jobs(without=["updated_at", "attempts"]).add(kind="A", state="dead_letter", last_error="HTTP 503")

    assert shop.read().facts.dead_letters == {
        A: DeadLetters(causes=_causes(recoverable=1), attempts_average=None, recent=None)
    }


def test_causes_are_of_the_newest_thousand(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(400, kind="A", state="dead_letter", updated_at=-9000, last_error="HTTP 404")
    jobs.add(900, kind="A", state="dead_letter", updated_at=-100, last_error="HTTP 503")

    dead = shop.read().facts.dead_letters

    assert dead is not None
    assert dead[A].causes == _causes(recoverable=900, user_error=100)
    assert dead[A].recent == {"24h": 1300}


def test_past_the_cap_the_last_day_is_not_told(shop: Shop) -> None:
    shop.jobs().add(12, kind="A", state="dead_letter")

    dead = shop.read(count_cap=10).facts.dead_letters

    assert dead is not None
    assert dead[A].recent is None


def test_kinds_that_are_cut_to_the_same_label_are_one_lane(shop: Shop) -> None:
    jobs = shop.jobs()
    for end, attempts in (("a", 1), ("b", 4)):
        jobs.add(kind="k" * 300 + end, state="dead_letter", attempts=attempts)

    assert shop.read().facts.dead_letters == {
        Lane("jobs", "k" * 200): DeadLetters(causes=_causes(unknown=2), attempts_average=2.5, recent={"24h": 2})
    }


def test_a_lane_with_a_dead_job_of_unknown_death_does_not_tell_the_last_day(shop: Shop) -> None:
    jobs = shop.jobs(without=["updated_at"], types={"finished_at": "timestamptz"})
    for kind, died in (("A", None), ("A", -100), ("B", -100), ("C", "infinity")):
        jobs.add(kind=kind, state="dead_letter", finished_at=died)

    told = shop.read().facts

    assert {lane.kind: dead.recent for lane, dead in (told.dead_letters or {}).items()} == {
        "A": None,
        "B": {"24h": 1},
        "C": None,
    }
    assert told.dead_letter_windows == ("24h",)
