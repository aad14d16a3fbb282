from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from jobqueue_exporter.engines.operations import BATCH, Change, Operation, Order
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.model import RecoveryState, State
from jobqueue_exporter.operate import campaign
from jobqueue_exporter.operate.campaign import Pace, Step
from jobqueue_exporter.operate.given_back import Again, GivenBack
from tests.operate.shelf import LOST, Shelf

REQUEUE = Order(operation=Operation.REQUEUE, who="anna@desk")
WOULD = Order(operation=Operation.REQUEUE, who="anna@desk", dry_run=True)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def carried_out(shelf: Shelf, ids: Iterable[str], order: Order = REQUEUE, **pace: float) -> list[Step]:
    steps = campaign.carried_out(shelf, order, ids, Pace(**pace), shelf.person, shelf.person.clock)  # type: ignore[arg-type]  # whole numbers are given where they are needed
    return list(steps)


def results(steps: Iterable[Step]) -> dict[bool | None, list[str]]:
    """The ids by what became of them."""
    found: dict[bool | None, list[str]] = {}
    for step in steps:
        for change in step.changes:
            found.setdefault(change.done, []).append(change.id)
    return found


def sizes(shelf: Shelf) -> list[int]:
    return [len(call) for call in shelf.calls]


def ended(steps: list[Step]) -> str:
    """Why it stopped."""
    assert [step.stopped for step in steps] == [False] * (len(steps) - 1) + [True]
    return steps[-1].text


def waiting(shelf: Shelf) -> list[str]:
    return [job.id for job in shelf.jobs.values() if job.state is State.PENDING]


def die(shelf: Shelf, *ids: str) -> None:
    for job_id in ids:
        shelf.turn(job_id, State.DEAD_LETTER)


def test_jobs_are_changed_in_batches_with_pauses_between(shelf: Shelf) -> None:
    ids = shelf.put(250)
    steps = carried_out(shelf, ids, batch=100, pause_seconds=5)
    assert (sizes(shelf), shelf.person.now, results(steps)) == ([100, 100, 50], 10, {True: [*ids]})
    assert not any(step.stopped for step in steps)


def test_no_batch_is_larger_than_an_operator_takes(shelf: Shelf) -> None:
    carried_out(shelf, shelf.put(BATCH + 1), batch=10 * BATCH)
    assert sizes(shelf) == [BATCH, 1]


def test_no_more_ids_are_taken_than_are_changed(shelf: Shelf) -> None:
    ids = iter(shelf.put(30))
    steps = campaign.carried_out(shelf, REQUEUE, ids, Pace(batch=10), shelf.person, shelf.person.clock)
    next(steps)
    assert len(list(ids)) == 20


def test_a_job_that_moved_on_is_told_and_the_rest_goes_on(shelf: Shelf) -> None:
    ids = shelf.put(3)
    shelf.turn("2", State.RUNNING)
    assert results(carried_out(shelf, (*ids, "none"))) == {True: ["1", "3"], False: ["2", "none"]}


def test_a_dry_run_changes_nothing_and_waits_for_nothing(shelf: Shelf) -> None:
    ids = shelf.put(25)
    steps = carried_out(shelf, ids, WOULD, batch=10, canary=3)
    assert (results(steps), waiting(shelf), shelf.person.now) == ({True: [*ids]}, [], 0)


def test_it_stops_after_the_batch_in_which_it_was_asked_to(shelf: Shelf) -> None:
    ids = shelf.put(30)
    shelf.after = shelf.person.ask
    steps = carried_out(shelf, ids, batch=10)
    assert (ended(steps), results(steps), waiting(shelf)) == (
        "asked to stop",
        {True: [*ids[:10]]},
        [*ids[:10]],
    )


def test_it_stops_in_the_pause_in_which_it_was_asked_to(shelf: Shelf) -> None:
    shelf.person.moments = [shelf.person.ask]
    steps = carried_out(shelf, shelf.put(30), batch=10)
    assert (ended(steps), sizes(shelf)) == ("asked to stop", [10])


def test_all_that_was_changed_before_the_source_was_lost_is_told(shelf: Shelf) -> None:
    ids = shelf.put(30)
    shelf.breaks = "15"
    steps = carried_out(shelf, ids, batch=10)
    assert (ended(steps), results(steps), waiting(shelf)) == (LOST, {True: [*ids[:14]]}, [*ids[:14]])


def test_an_error_of_another_sort_is_raised(shelf: Shelf) -> None:
    shelf.breaks, shelf.error = "1", ConfigError("no library")
    with pytest.raises(ConfigError, match="no library"):
        carried_out(shelf, shelf.put(1))


def test_of_jobs_in_doubt_it_is_found_out_where_they_are_and_the_rest_goes_on(shelf: Shelf) -> None:
    ids = shelf.put(30)
    shelf.doubted = frozenset({"5", "6"})
    shelf.after = lambda: shelf.turn("6", State.DEAD_LETTER) if len(shelf.calls) == 1 else None
    steps = carried_out(shelf, ids, batch=10)
    assert steps[0].changes[4:6] == (
        Change("5", True, "the connection broke during the change, but it is pending now"),
        Change(
            "6",
            False,
            "the connection broke during the change, and it is dead_letter now",
            State.DEAD_LETTER,
            "dead_letter",
        ),
    )
    assert sizes(shelf) == [10, 10, 10]


def test_a_commit_that_comes_late_is_waited_for(shelf: Shelf) -> None:
    (job,) = shelf.put(1)
    shelf.doubted = frozenset(job)
    shelf.after = lambda: shelf.turn(job, State.DEAD_LETTER)
    shelf.person.moments = [lambda: None, lambda: None, lambda: shelf.turn(job, State.PENDING)]
    assert results(carried_out(shelf, [job])) == {True: [job]}


def test_what_cannot_be_found_out_stays_unknown_and_stops_it(shelf: Shelf) -> None:
    ids = shelf.put(30)
    shelf.doubted = frozenset({"5"})
    shelf.after = lambda: setattr(shelf, "away", True)
    steps = carried_out(shelf, ids, batch=10)
    assert "cannot be seen" in ended(steps)
    assert results(steps) == {True: ["1", "2", "3", "4", "6", "7", "8", "9", "10"], None: ["5"]}


def test_being_ended_at_once_in_a_batch_tells_what_it_came_to_first(shelf: Shelf) -> None:
    ids = shelf.put(30)
    shelf.breaks, shelf.error = "15", KeyboardInterrupt()
    steps = campaign.carried_out(shelf, REQUEUE, ids, Pace(batch=10), shelf.person, shelf.person.clock)
    told = [next(steps), next(steps)]
    assert (ended(told), results(told)) == ("ended at once", {True: [*ids[:14]], None: [*ids[14:20]]})
    with pytest.raises(KeyboardInterrupt):
        next(steps)


def test_the_rest_waits_until_the_canary_has_ended_well(shelf: Shelf) -> None:
    ids = shelf.put(30)
    shelf.person.moments = [
        lambda: shelf.turn("1", State.RUNNING),
        lambda: shelf.turn("1", State.RETRYING),
        lambda: shelf.turn("1", None),
    ]
    steps = carried_out(shelf, ids, batch=100, canary=1, pause_seconds=0)
    assert [step.text for step in steps] == [
        "",
        "canary: 0 of 1 ended well, 1 pending",
        "canary: 0 of 1 ended well, 1 running",
        "canary: 0 of 1 ended well, 1 retrying",
        "canary: 1 of 1 ended well",
        "",
        "",
    ]
    assert (sizes(shelf), results(steps)) == ([1, 29], {True: [*ids]})


def test_a_canary_that_is_gone_has_ended_well(shelf: Shelf) -> None:
    shelf.person.moments = [lambda: shelf.jobs.pop("1")]
    carried_out(shelf, shelf.put(2), canary=1)
    assert sizes(shelf) == [1, 1]


def test_a_canary_that_dies_again_stops_it(shelf: Shelf) -> None:
    shelf.person.moments = [lambda: shelf.turn("2", State.DEAD_LETTER)]
    steps = carried_out(shelf, shelf.put(30), canary=3)
    assert (ended(steps), sizes(shelf)) == ("the canary is dead again: 1 of 3", [3])


def test_a_canary_that_does_not_end_in_time_stops_it(shelf: Shelf) -> None:
    steps = carried_out(shelf, shelf.put(30), canary=1, canary_seconds=60)
    assert ended(steps) == "the canary has not ended within 1m: canary: 0 of 1 ended well, 1 pending"
    assert (sizes(shelf), shelf.person.now) == ([1], 60)


def test_a_standby_that_still_shows_the_canary_as_it_was_is_not_a_death(shelf: Shelf) -> None:
    ids = shelf.put(2)
    before = shelf.jobs["1"]
    shelf.after = lambda: shelf.jobs.update({"1": before})
    shelf.person.moments = [lambda: shelf.turn("1", None)]
    steps = carried_out(shelf, ids, canary=1)
    assert results(steps) == {True: ["1", "2"]}


def test_a_canary_that_moved_on_is_replaced_by_the_next_job(shelf: Shelf) -> None:
    ids = shelf.put(3)
    shelf.turn("1", State.RUNNING)
    shelf.person.moments = [lambda: shelf.turn("2", None)]
    carried_out(shelf, ids, canary=1)
    assert shelf.calls == [("1",), ("2",), ("3",)]


def test_waiting_for_the_canary_can_be_stopped(shelf: Shelf) -> None:
    shelf.person.moments = [lambda: None, shelf.person.ask]
    steps = carried_out(shelf, shelf.put(30), canary=1)
    assert (ended(steps), sizes(shelf)) == ("asked to stop", [1])


def test_a_source_that_is_lost_while_the_canary_runs_stops_it(shelf: Shelf) -> None:
    shelf.person.moments = [lambda: setattr(shelf, "away", True)]
    steps = carried_out(shelf, shelf.put(30), canary=1)
    assert (ended(steps), sizes(shelf)) == (f"what becomes of the canary cannot be seen: {LOST}", [1])


def test_jobs_that_die_again_stop_it(shelf: Shelf) -> None:
    ids = shelf.put(50)
    shelf.person.moments = [lambda: die(shelf, "1", "2"), lambda: die(shelf, "11")]
    steps = carried_out(shelf, ids, batch=10, most_dead_again=3)
    assert ended(steps) == "of the jobs given back, 3 of 20 looked at are dead again"
    assert (sizes(shelf), results(steps)) == ([10, 10], {True: [*ids[:20]]})


def test_without_pauses_jobs_are_looked_at_no_more_than_once_a_second(shelf: Shelf) -> None:
    ids = shelf.put(50)
    shelf.after = lambda: die(shelf, *(job for call in shelf.calls for job in call))
    carried_out(shelf, ids, batch=10, pause_seconds=0)
    assert sizes(shelf) == [10] * 5


def test_jobs_that_die_long_after_their_batch_stop_it(shelf: Shelf) -> None:
    ids = shelf.put(4_000)
    shelf.after = lambda: die(shelf, *(shelf.calls[-30] if len(shelf.calls) >= 30 else ()))
    steps = carried_out(shelf, ids)
    assert ended(steps) == "of the jobs given back, 100 of 1,000 looked at are dead again"
    assert sizes(shelf) == [100] * 30


def test_those_that_died_by_the_end_are_told(shelf: Shelf) -> None:
    ids = shelf.put(25)
    shelf.after = lambda: die(shelf, *ids[:2]) if len(shelf.calls) == 3 else None
    steps = carried_out(shelf, ids, batch=10)
    assert (results(steps), steps[-1]) == ({True: [*ids]}, Step(again=Again(2, 25)))


def test_those_given_up_meanwhile_count_as_dead(shelf: Shelf) -> None:
    (job,) = shelf.put(1)
    shelf.after = lambda: shelf.jobs.update(
        {job: replace(shelf.jobs[job], state=None, recovery=RecoveryState.ABANDONED)}
    )
    assert carried_out(shelf, [job])[-1].again == Again(1, 1)


def test_that_nobody_can_see_them_at_the_end_is_said_and_no_failure(shelf: Shelf) -> None:
    shelf.after = lambda: setattr(shelf, "away", True)
    steps = carried_out(shelf, shelf.put(1))
    assert steps[-1] == Step(text=f"what became of the jobs given back cannot be seen: {LOST}")


def test_what_became_of_jobs_is_seen_by_the_witness_and_not_by_a_copy_that_lags(shelf: Shelf) -> None:
    ids = shelf.put(30)
    lagging = Shelf(jobs=dict(shelf.jobs), person=shelf.person, doubted=frozenset({"5"}))
    lagging.change = shelf.change  # type: ignore[method-assign]  # changed there, read here
    shelf.doubted = frozenset({"5"})
    stop = shelf.person
    steps = [*campaign.carried_out(lagging, REQUEUE, ids, Pace(batch=10), stop, stop.clock, shelf)]
    assert (results(steps), steps[-1].again) == ({True: [*ids]}, Again(0, 30))


def test_of_very_many_a_thousand_from_all_along_are_looked_at(shelf: Shelf) -> None:
    back = GivenBack()
    ids = shelf.put(10 * BATCH, State.PENDING)
    back.add(ids)
    die(shelf, *ids[:300])
    first = back.again(shelf)
    die(shelf, *ids)
    shelf.jobs = {job_id: shelf.jobs[job_id] for job_id in ids[5 * BATCH :]}
    assert (first, 200 < back.again(shelf).dead < 500) == (Again(300, BATCH), True)
