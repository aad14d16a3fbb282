from __future__ import annotations

from dataclasses import replace

import pytest

from jobqueue_exporter.engines.operations import Change, Detail, Event, Job, Operation
from jobqueue_exporter.model import Cause, Lane, Policy, RecoveryState, State
from jobqueue_exporter.operate.meaning import Meaning, instead, of, timeline

NOW = 1_000_000.0
POLICY = Policy(wait_objective_seconds=60, max_runtime_seconds=3600)
ALL = frozenset(Operation)


def job(state: State | None, **values: object) -> Job:
    base = Job(id="7", lane=Lane("media", "RENDER"), state=state, word="w", attempts=1, max_attempts=5)
    return replace(base, **values)  # type: ignore[arg-type]  # whatever a job may have


def meaning(state: State | None, *, offers: frozenset[Operation] = ALL, **values: object) -> Meaning:
    return of(job(state, **values), POLICY, NOW, offers)


def test_a_job_that_died_of_what_passes_is_to_be_requeued() -> None:
    assert meaning(State.DEAD_LETTER, cause=Cause.RECOVERABLE, since=NOW - 7200, attempts=5) == Meaning(
        "dead",
        "It is dead for 2h after 5 of 5 attempts, and will not run again by itself. "
        "What stopped it passes by itself: requeue it as soon as that has passed.",
        ("dlq requeue 7", "dlq abandon 7"),
    )


@pytest.mark.parametrize(
    ("cause", "words", "first"),
    [
        (Cause.USER_ERROR, "What it was given is wrong", "dlq abandon 7"),
        (Cause.SYSTEM_ERROR, "Something of ours is broken: fix that first", "dlq requeue 7"),
        (Cause.UNKNOWN, "matches no known cause", "dlq requeue 7"),
        (None, "this source does not say", "dlq requeue 7"),
    ],
)
def test_why_a_job_is_dead_says_what_comes_before_requeueing(cause: Cause | None, words: str, first: str) -> None:
    found = meaning(State.DEAD_LETTER, cause=cause)
    assert (words in found.text, found.commands[0]) == (True, first)


def test_only_what_the_engine_offers_is_advised() -> None:
    assert meaning(State.DEAD_LETTER, offers=frozenset({Operation.ABANDON})).commands == ("dlq abandon 7",)
    assert meaning(State.SCHEDULED, offers=frozenset()).commands == ()


def test_a_running_job_whose_worker_is_lost_is_stuck() -> None:
    assert meaning(State.RUNNING, stuck=True, heartbeat_at=NOW - 724, started_at=NOW - 800) == Meaning(
        "stuck",
        "Its worker has given no sign of life for 12m 4s, and it can only go on when it is reclaimed.",
        ("jobs reclaim 7", "workers list"),
    )


def test_a_stuck_job_without_attempts_left_dies_when_reclaimed() -> None:
    assert meaning(State.RUNNING, stuck=True, attempts=5).text.endswith("reclaimed, it is dead.")


def test_a_job_that_runs_for_too_long_is_slow_though_its_worker_lives() -> None:
    assert meaning(State.RUNNING, stuck=False, heartbeat_at=NOW - 3, started_at=NOW - 7500) == Meaning(
        "slow",
        "It runs for 2h 5m, longer than the 1h that it may; the last sign of life came 3s ago.",
        ("jobs history 7", "workers list"),
    )


def test_a_job_that_waits_past_its_objective_waits_long() -> None:
    assert meaning(State.PENDING, since=NOW - 724) == Meaning(
        "waiting long", "It waits for 12m 4s, objective 1m.", ("workers status", "jobs cancel 7")
    )


def test_a_job_that_waits_within_its_objective_is_fine() -> None:
    assert meaning(State.PENDING, since=NOW - 30) == Meaning("fine", "It waits for 30s, objective 1m.")


def test_since_when_a_job_waits_is_not_made_up() -> None:
    assert meaning(State.PENDING).text == "It waits for a worker, since when is not known; objective 1m."


@pytest.mark.parametrize("state", [State.PENDING, State.RETRYING])
def test_a_job_with_one_attempt_left_is_at_its_last(state: State) -> None:
    found = meaning(state, attempts=4, due_at=NOW + 60, since=NOW - 1)
    said = "It has used 4 of 5 attempts: when it fails once more, it is dead."
    assert (found.word, found.text.endswith(said)) == ("last attempt", True)


def test_of_a_running_job_the_last_attempt_is_told_only_when_all_are_used() -> None:
    runs = "It runs for 1s; whether its worker lives, its source cannot tell."
    assert [meaning(State.RUNNING, attempts=attempts, started_at=NOW - 1) for attempts in (3, 4, 5)] == [
        Meaning("fine", runs),
        Meaning("fine", f"{runs} It has used 4 of 5 attempts: this may be its last."),
        Meaning("last attempt", f"{runs} It has used 5 of 5 attempts: when it fails, it is dead."),
    ]


def test_a_job_that_was_never_tried_is_not_at_its_last_attempt() -> None:
    assert meaning(State.PENDING, attempts=0, max_attempts=1, since=NOW - 1).word == "fine"


def test_a_job_that_is_due_later_is_parked_until_then() -> None:
    text = "It is due in 5m; until then it is parked."
    assert meaning(State.SCHEDULED, due_at=NOW + 300) == Meaning("parked", text, ("jobs cancel 7",))
    assert meaning(State.RETRYING, due_at=NOW + 300).text.startswith("Its retry is due in 5m;")
    assert meaning(State.SCHEDULED, due_at=NOW - 5).text == "It was due 5s ago, and has not been taken up yet."
    assert meaning(State.SCHEDULED).text == "It is due later; when is not known."


def test_a_blocked_job_waits_for_something_other_than_time() -> None:
    found = meaning(State.BLOCKED, since=NOW - 60)
    assert (found.word, found.commands) == ("blocked", ("jobs list --state running --queue media", "jobs cancel 7"))


def test_a_job_that_has_ended_is_done_by_the_word_of_its_engine() -> None:
    text = "It has ended 1m ago, as its engine says: cancelled. There is nothing to do."
    assert meaning(None, word="cancelled", ended_at=NOW - 60) == Meaning("done", text, ("jobs history 7",))


def test_a_row_of_dead_jobs_that_was_given_back_leads_to_its_job() -> None:
    row = job(None, recovery=RecoveryState.RECOVERED, ended_at=NOW - 60, updated_at=NOW - 5)
    assert of(row, POLICY, NOW, ALL, live="x 1") == Meaning(
        "done",
        "It was dead, and was given back 5s ago. How its job is since then, its own row says.",
        ("jobs status 'x 1'",),
    )
    text = "It was dead, and was given back. How its job is since then, this row does not say."
    assert of(replace(row, updated_at=None), POLICY, NOW, ALL) == Meaning("done", text, ("jobs history 7",))


def test_a_row_of_dead_jobs_whose_retry_is_scheduled_is_no_job_to_cancel() -> None:
    assert meaning(State.RETRYING, recovery=RecoveryState.RETRY_SCHEDULED, due_at=NOW + 60).commands == ()


def test_an_id_can_do_nothing_to_a_shell() -> None:
    assert meaning(None, id="$(rm -rf /); x").commands == ("jobs history '$(rm -rf /); x'",)
    assert meaning(None, id="-x").commands == ("jobs history -- -x",)


@pytest.mark.parametrize(
    ("change", "operation", "command"),
    [
        (Change("7", True, "requeued", State.PENDING), Operation.REQUEUE, ""),
        (Change("7", False, "there is no such job"), Operation.REQUEUE, ""),
        (Change("7", None, "the connection broke"), Operation.REQUEUE, "jobs status 7"),
        (Change("7", False, "it runs", State.RUNNING), Operation.REQUEUE, "jobs status 7"),
        (Change("7", False, "it waits", State.PENDING), Operation.REQUEUE, "jobs status 7"),
        (Change("7", False, "it waits", State.PENDING), Operation.DELETE, "jobs cancel 7"),
        (Change("7", False, "it is dead", State.DEAD_LETTER), Operation.CANCEL, "dlq abandon 7"),
        (Change("7", False, "it is dead", State.DEAD_LETTER), Operation.RECLAIM, "dlq inspect 7"),
        (Change("7", False, "it is dead", State.DEAD_LETTER), None, "dlq inspect 7"),
        (Change("7", False, "it is done", None, "done"), Operation.REQUEUE, "jobs status 7"),
    ],
)
def test_for_a_job_left_alone_there_is_a_command_that_fits(
    change: Change, operation: Operation | None, command: str
) -> None:
    assert instead(change, operation) == command


def test_the_timeline_takes_from_the_row_what_no_event_tells() -> None:
    dead = job(
        State.DEAD_LETTER,
        created_at=NOW - 100,
        due_at=NOW - 100,
        started_at=NOW - 50.2,
        heartbeat_at=NOW - 40,
        ended_at=NOW - 30,
        worker="w1",
        error="boom",
    )
    events = (Event(NOW - 100, "enqueued"), Event(NOW - 50, "claimed", '{"attempts": 5}'))
    assert timeline(Detail(job=dead, now=NOW, events=events)) == (
        (NOW - 100, "enqueued", ""),
        (NOW - 50, "claimed", '{"attempts": 5}'),
        (NOW - 40, "last heartbeat", "by w1; told by its row"),
        (NOW - 30, "dead", "boom; told by its row"),
    )


def test_an_event_of_another_sort_within_the_second_hides_nothing() -> None:
    fresh = job(State.RUNNING, created_at=NOW - 0.4, started_at=NOW)
    events = (Event(NOW, "claimed"),)
    assert timeline(Detail(job=fresh, now=NOW, events=events)) == (
        (NOW - 0.4, "created", "told by its row"),
        (NOW, "claimed", ""),
    )


def test_without_events_the_row_tells_all() -> None:
    waiting = job(State.SCHEDULED, created_at=NOW, due_at=NOW + 60)
    assert [(at, what) for at, what, _ in timeline(Detail(job=waiting, now=NOW))] == [
        (NOW, "created"),
        (NOW + 60, "due"),
    ]
