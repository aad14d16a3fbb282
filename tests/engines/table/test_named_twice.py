"""A job of which a person writes the id in two ways."""

from __future__ import annotations

import pytest

from jobqueue_exporter.engines.operations import Change, Operation
from tests.engines.table.orders import changed
from tests.engines.table.shop import Shop


@pytest.mark.parametrize("dry_run", [True, False])
def test_it_is_changed_once_and_the_other_names_are_said_to_be_its_own(shop: Shop, *, dry_run: bool) -> None:
    jobs = shop.jobs(types={"id": "bigint PRIMARY KEY", "state": "text DEFAULT 'queued'"})
    jobs.add(id=11, kind="A", state="dead_letter")

    first, *others = changed(shop, Operation.REQUEUE, "011", "12", "11", "+11", dry_run=dry_run)

    assert (first.id, first.done) == ("011", True)
    assert others == [
        Change("12", False, "there is no such job"),
        Change("11", False, "the same job as 011: named twice"),
        Change("+11", False, "the same job as 011: named twice"),
    ]


def test_a_job_that_is_left_alone_or_that_is_nowhere_has_its_other_names_too(shop: Shop) -> None:
    jobs = shop.jobs(types={"id": "bigint PRIMARY KEY", "state": "text DEFAULT 'queued'"})
    jobs.add(id=11, kind="A", state="running")

    runs, twin, gone, gone_twin = changed(shop, Operation.REQUEUE, "11", "011", "12", "012")

    assert runs.text.startswith("it is running")
    assert twin.text == "the same job as 11: named twice"
    assert gone.text == "there is no such job"
    assert gone_twin.text == "the same job as 12: named twice"
