"""Jobs that are in a dead letter queue and still failed in their main queue, and how many of them can be told."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from jobqueue_exporter.engines.bullmq.reader import MOST_SAMPLE
from jobqueue_exporter.model import Facts, Lane, State
from tests.engines.bullmq.conftest import Site

MANY = MOST_SAMPLE + 500


def _ids(jobs: int) -> list[str]:
    return [f"grant:{number}:a" for number in range(jobs)]


def _queues(site: Site, failed: Iterable[str], copied: Iterable[str], part: str = "wait") -> None:
    """`mail` with failed jobs, and its dead letter queue with jobs in that part."""
    site.queue("mail", failed=dict.fromkeys(failed, 1000.0))
    if part == "wait":
        site.queue("mail-dlq")
        site.redis.lpush("bull:mail-dlq:wait", *copied)
    else:
        site.queue("mail-dlq", **{part: dict.fromkeys(copied, 2.0**60)})


def _dead(found: Facts) -> tuple[int, bool, tuple[str, ...]]:
    """How many dead letters are told, whether they may be more, and what else is said."""
    counts = (found.lanes or {})[Lane("mail")].counts
    return counts[State.DEAD_LETTER], (found.capped or {})[State.DEAD_LETTER], found.notices or ()


@pytest.mark.parametrize("part", ["wait", "delayed", "prioritized"])
def test_copies_that_were_all_looked_at_are_told_once(site: Site, part: str) -> None:
    _queues(site, _ids(30), _ids(40), part)

    assert _dead(site.facts("mail", "mail-dlq")) == (40, False, ())


@pytest.mark.parametrize("part", ["wait", "delayed", "prioritized", "waiting-children"])
def test_copies_beyond_those_looked_at_are_not_told_twice(site: Site, part: str) -> None:
    _queues(site, _ids(MANY), _ids(MANY), part)

    told, capped, _ = _dead(site.facts("mail", "mail-dlq"))

    assert (told, capped) == (MANY, True)


def test_more_dead_letters_than_were_looked_at_are_exact_where_none_failed(site: Site) -> None:
    site.queue("mail")
    site.queue("mail-dlq")
    site.redis.lpush("bull:mail-dlq:wait", *_ids(MANY))

    assert _dead(site.facts("mail", "mail-dlq")) == (MANY, False, ())


def test_what_must_be_different_jobs_is_told_though_not_all_were_looked_at(site: Site) -> None:
    _queues(site, _ids(10), [f"other:{number}:b" for number in range(MANY)])

    assert _dead(site.facts("mail", "mail-dlq")) == (MANY, True, ())


def test_ids_that_tell_no_copy_are_said(site: Site) -> None:
    _queues(site, ["7"], ["1"])

    assert _dead(site.facts("mail", "mail-dlq")) == (
        2,
        False,
        (
            "dead letters may be told twice: ids that BullMQ gave do not say which are copies of failed jobs, in "
            "mail-dlq; give a copy the id of its job",
        ),
    )
