"""Dead jobs that a person gives up are kept, and nobody looks at them any more."""

from __future__ import annotations

from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.model import Flow, State
from tests.engines.table.orders import changed, events, row, states
from tests.engines.table.shop import Jobs, Shop

ABANDON = Operation.ABANDON


def test_it_is_given_up_and_kept_as_it_was(shop: Shop, jobs: Jobs) -> None:
    jobs.new(state="abandoned")
    job = jobs.new(state="dead_letter", attempts=5, last_error="disk full", run_at=-900)
    before = row(jobs, job, "attempts", "last_error", "run_at")
    assert changed(shop, ABANDON, job) == [Change(job, True, "it was dead_letter, and is abandoned now", audited=True)]
    assert states(jobs, [job]) == ["abandoned"]
    assert row(jobs, job, "attempts", "last_error", "run_at") == before


def test_a_word_that_is_new_to_the_table_is_said_so(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(state="dead_letter")
    (change,) = changed(shop, ABANDON, job)
    note = "; 'discarded' is a word that the table was not seen to hold before"
    assert change.text == "it was dead_letter, and is discarded now" + note
    assert shop.read().lanes == {}


def test_one_that_is_not_dead_is_left_alone(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    text = "it is queued, not dead: left alone"
    assert changed(shop, ABANDON, job) == [Change(job, False, text, State.PENDING, "queued")]


def test_its_death_is_not_counted_again(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(state="dead_letter")
    shop.events((job, "dead_letter", -100))
    reader = shop.reader()
    before = shop.told(reader).counts
    changed(shop, ABANDON, job)
    assert [stage for _, stage, _ in events(jobs)] == ["dead_letter", "abandoned"]
    assert shop.told(reader).counts == before
    assert {flow for _, flow in before} == {Flow.DEAD_LETTER}
