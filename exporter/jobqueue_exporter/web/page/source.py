"""One source as the page shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from hashlib import sha256

from jobqueue_exporter import health
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.health import Check, Status
from jobqueue_exporter.model import Snapshot, State
from jobqueue_exporter.web.page import facts, lanes, words
from jobqueue_exporter.web.page.asked import Asked
from jobqueue_exporter.web.page.facts import Fact
from jobqueue_exporter.web.page.lanes import Table, Wait

MOST_NOTICES = 20
LONGEST_NOTICE = 500
_ORDER = list(Status)


@dataclass(frozen=True, slots=True)
class Number:
    """How many jobs are in a state, in words."""

    state: str
    text: str
    known: bool
    zero: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is known of a source; of one that is down, no numbers. `last` is when it was last read, in Unix seconds."""

    id: str
    name: str
    address: str
    metrics: str
    engine: str
    version: str
    up: bool
    status: Status
    checks: tuple[Check, ...]
    read_at: float
    last: float | None
    notices: tuple[str, ...]
    numbers: tuple[Number, ...] = ()
    oldest: Wait | None = None
    oldest_in: str = ""
    facts: tuple[Fact, ...] = ()
    untold: tuple[str, ...] = ()
    table: Table | None = None


def source(snapshot: Snapshot, config: Config, asked: Asked, *, shown: int, most: int) -> Source:
    """The source of this snapshot; of its queues `shown`, with those folded `most`, or the page asked for."""
    verdict = health.of(snapshot, config, now=time.time())
    oldest = _oldest(snapshot) if snapshot.up else None
    address = Asked(snapshot.source).address
    return Source(
        id=f"source-{sha256(snapshot.source.encode('utf-8', 'replace')).hexdigest()[:8]}",
        name=words.name(snapshot.source),
        address=address,
        metrics=f"probe{address}",
        engine=snapshot.engine,
        version=words.name(snapshot.facts.version or ""),
        up=snapshot.up,
        status=verdict.status,
        checks=tuple(map(_lasting, verdict.checks)) if snapshot.up else verdict.checks[:1],
        read_at=snapshot.read_at,
        last=max((each.last_success for each in snapshot.collectors if each.last_success is not None), default=None),
        notices=_notices(snapshot) if snapshot.up else (),
        numbers=tuple(_number(snapshot, state) for state in State) if snapshot.up else (),
        oldest=oldest[0] if oldest else None,
        oldest_in=oldest[1] if oldest else "",
        facts=facts.facts(snapshot) if snapshot.up else (),
        untold=facts.untold(snapshot) if snapshot.up else (),
        table=lanes.table(snapshot, page=asked.page, shown=shown, most=most) if snapshot.up else None,
    )


def worst_first(found: list[Source]) -> list[Source]:
    """The sources that need somebody before those that do not, else as they were."""
    return sorted(found, key=lambda each: -_ORDER.index(each.status))


def _oldest(snapshot: Snapshot) -> tuple[Wait, str] | None:
    """The wait that is worst for its objective, and where; None where none is told."""
    waits = [
        (found, lane)
        for lane in snapshot.facts.lanes or {}
        if not lanes.paused(snapshot, lane) and (found := lanes.wait(snapshot, lane)) is not None
    ]
    if not waits:
        return None
    found, lane = max(waits, key=lambda each: each[0].share)
    return found, words.name(f"{lane.queue} / {lane.kind}" if lane.kind else lane.queue)


def _lasting(check: Check) -> Check:
    """The same, without a word that is true only as the page is made: when a source was read stands beside its name."""
    fresh = check.name == "db" and check.status is Status.OK
    return replace(check, message="It was read in time.") if fresh else check


def _number(snapshot: Snapshot, state: State) -> Number:
    found = snapshot.facts.lanes
    known = words.total(jobs.counts.get(state) for jobs in (found or {}).values())
    if found == {}:
        known = 0
    least = bool((snapshot.facts.capped or {}).get(state))
    return Number(state.replace("_", " "), words.count(known, least=least), known is not None, known == 0)


def _notices(snapshot: Snapshot) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(snapshot.facts.notices or ()))
    more = len(found) - MOST_NOTICES
    rest = (f"and {more} more, which the exporter's log has",) if more > 0 else ()
    return (*(words.lines(each[:LONGEST_NOTICE]) for each in found[:MOST_NOTICES]), *rest)
