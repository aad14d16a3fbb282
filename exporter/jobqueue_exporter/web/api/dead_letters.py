"""Dead jobs in numbers, one source or several together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, UnsetType

from jobqueue_exporter.model import DeadLetters, Lane, RecoveryState, Snapshot, State
from jobqueue_exporter.web.api import documents, reading
from jobqueue_exporter.web.api.documents import DeadLetterStats, RecoveryStats
from jobqueue_exporter.web.api.operation import Asked, Reply

_DAY = "24h"


async def stats(asked: Asked) -> Reply:
    """The numbers of the sources that were asked for. Raises Trouble (503) when none of them can be read."""
    found = await reading.snapshots(asked)
    reading.need_one(found)
    each = {one.source: of(one) for one in found}
    if len(found) == 1:
        return Reply(documents.DlqStats(dlq=of(found[0])))
    return Reply(documents.DlqStats(dlq=together([*each.values()]), sources=each))


def of(snapshot: Snapshot) -> DeadLetterStats:
    """The numbers of one source, all of them null where it cannot be read."""
    dead = _dead(snapshot)
    total = None if dead is None else sum(dead.values())
    letters = snapshot.facts.dead_letters or {}
    recovery = _recovery(snapshot)
    whole = total is not None and recovery.total_in_recovery is not None
    return DeadLetterStats(
        total_failed=total,
        at_least=bool((snapshot.facts.capped or {}).get(State.DEAD_LETTER)),
        permanent_failures=total,
        last_24h=0 if total == 0 else _recent([lane for lane, count in (dead or {}).items() if count], letters),
        avg_retries=_average((_looked_at(one), one.attempts_average) for one in letters.values()),
        recovery=recovery,
        error=UNSET if whole else _error(snapshot),
    )


def together(each: Sequence[DeadLetterStats]) -> DeadLetterStats:
    """Sums over those that can tell of dead jobs; what one of these cannot tell, they cannot tell together.

    One with an error might tell of dead jobs, or of recovery, if it could be read.
    """
    telling = [one for one in each if one.total_failed is not None or one.error]
    total = _sum(one.total_failed for one in telling)
    dead = [one for one in telling if one.total_failed != 0]
    blind = any(one.avg_retries is None for one in dead)
    kept = [one.recovery for one in each if one.recovery.total_in_recovery is not None or one.error]
    return DeadLetterStats(
        total_failed=total,
        at_least=total is not None and any(one.at_least for one in telling),
        permanent_failures=total,
        last_24h=_sum(one.last_24h for one in telling),
        avg_retries=None if blind else _average((one.total_failed or 0, one.avg_retries) for one in dead),
        recovery=RecoveryStats(
            total_in_recovery=_sum(one.total_in_recovery for one in kept),
            pending_recovery=_sum(one.pending_recovery for one in kept),
            recovered=_sum(one.recovered for one in kept),
            abandoned=_sum(one.abandoned for one in kept),
        ),
    )


def _error(snapshot: Snapshot) -> str | UnsetType:
    """What a source that tells too little says of it; nothing where its engine just has no more."""
    if not snapshot.up:
        return snapshot.error or reading.NO_REASON
    failed = [f"{one.name}: {one.error or reading.NO_REASON}" for one in snapshot.collectors if not one.success]
    return "; ".join(failed) or UNSET


def _dead(snapshot: Snapshot) -> dict[Lane, int] | None:
    lanes = snapshot.facts.lanes
    known = {lane: jobs.counts[State.DEAD_LETTER] for lane, jobs in (lanes or {}).items() if _tells(jobs.counts)}
    return known if known or lanes == {} else None


def _tells(counts: Iterable[State]) -> bool:
    return State.DEAD_LETTER in counts


def _recent(lanes: Sequence[Lane], letters: Mapping[Lane, DeadLetters]) -> int | None:
    found = [(one.recent or {}).get(_DAY) if (one := letters.get(lane)) else None for lane in lanes]
    return _sum(found)


def _looked_at(letters: DeadLetters) -> int:
    """Of how many jobs the average is: an API that tells it may not tell that."""
    return sum(letters.causes.values()) or 1


def _average(parts: Iterable[tuple[int, float | None]]) -> float | None:
    known = [(count, average) for count, average in parts if average is not None]
    total = sum(count for count, _ in known)
    return sum(count * average for count, average in known) / total if total else None


def _sum(numbers: Iterable[int | None]) -> int | None:
    """None when one is not known, or there is none."""
    found = list(numbers)
    known = [number for number in found if number is not None]
    return sum(known) if found and len(known) == len(found) else None


def _recovery(snapshot: Snapshot) -> RecoveryStats:
    jobs = snapshot.facts.recovery.jobs if snapshot.facts.recovery else {}
    return RecoveryStats(
        total_in_recovery=sum(jobs.values()) if jobs else None,
        pending_recovery=jobs.get(RecoveryState.PENDING),
        recovered=jobs.get(RecoveryState.RECOVERED),
        abandoned=jobs.get(RecoveryState.ABANDONED),
    )
