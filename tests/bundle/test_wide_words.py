"""Words about a whole source, in rules that an override makes for some of its queues."""

from __future__ import annotations

from jobqueue_exporter.bundle.language import Scope

SLOTS = "jobqueue_worker_slots"


def test_what_is_looked_at_widely_is_narrowed_by_its_source_only() -> None:
    scope = Scope(keep=("cluster",), matchers={"source": '="shop"', "queue": '="mail"', "kind": '="SEND"'})

    assert scope.wide().latest(SLOTS) == (
        f'max by (cluster, source, queue) (last_over_time({SLOTS}{{source="shop"}}[2m]))'
    )


def test_without_an_override_nothing_is_narrowed() -> None:
    assert Scope().wide() == Scope(matchers={})
