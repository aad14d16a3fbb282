"""What else a source tells of itself: workers, dead letters by cause, programs, queues at rest, and the like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jobqueue_exporter import durations, health
from jobqueue_exporter.model import Breaker, Cause, RecoveryState, Schedule, Snapshot, State
from jobqueue_exporter.web.page import words

MOST_NAMES = 6
_CAUSES = {
    Cause.RECOVERABLE: "recoverable",
    Cause.USER_ERROR: "user error",
    Cause.SYSTEM_ERROR: "system error",
    Cause.UNKNOWN: "unknown cause",
}
_RECOVERY = {
    RecoveryState.PENDING: "wait for a person",
    RecoveryState.RETRY_SCHEDULED: "will be retried",
    RecoveryState.RECOVERED: "recovered",
    RecoveryState.ABANDONED: "given up",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line: what it is about, and each thing that is told of it. `bad` are those that are not as they should be;
    `part` of 1 is drawn as a bar."""

    title: str
    told: tuple[str, ...]
    bad: tuple[str, ...] = ()
    part: float | None = None


def facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """The lines of a source that was read, without those on which it tells nothing."""
    return tuple(fact for make in _MAKERS for fact in make(snapshot))


def untold(snapshot: Snapshot) -> tuple[str, ...]:
    """What this source cannot tell."""
    found = snapshot.facts
    lanes = tuple((found.lanes or {}).values())
    told = {state for jobs in lanes for state in jobs.counts}
    blind = [f"{state.replace('_', ' ')} jobs" for state in State if state not in told] if lanes else []
    if lanes and all(jobs.oldest_pending_seconds is None for jobs in lanes):
        blind.append("how long jobs wait")
    if lanes and all(jobs.stuck is None for jobs in lanes):
        blind.append("stuck jobs")
    parts: dict[str, object] = {
        "the jobs": found.lanes,
        "workers": found.workers,
        "paused queues": found.paused,
        "why jobs died": found.dead_letters,
    }
    return (*blind, *(name for name, part in parts.items() if part is None))


def _workers(snapshot: Snapshot) -> Iterator[Fact]:
    workers = snapshot.facts.workers
    if workers is None:
        return
    told = [f"{workers.live:,} live"]
    if workers.newest_heartbeat is not None:
        since = max((snapshot.facts.clock or snapshot.read_at) - workers.newest_heartbeat, 0)
        told.append(f"newest sign of life {durations.human(since)} before the reading")
    yield Fact("Workers", tuple(told), (f"{workers.stale:,} stale",) if workers.stale else ())


def _slots(snapshot: Snapshot) -> Iterator[Fact]:
    workers = snapshot.facts.workers
    if workers is None or workers.slots is None:
        return
    slots = sum(workers.slots.values())
    if workers.busy is None:
        yield Fact("Slots", (f"{slots:,}, of which busy: {words.CANNOT_TELL}",))
        return
    busy = sum(workers.busy.values())
    yield Fact("Slots", (f"{busy:,} of {slots:,} busy",), part=min(busy / slots, 1.0) if slots else None)


def _causes(snapshot: Snapshot) -> Iterator[Fact]:
    found = snapshot.facts.dead_letters
    if found is None:
        return
    causes = Counter[Cause]()
    recent = Counter[str]()
    for each in found.values():
        causes.update(each.causes)
        recent.update(each.recent or {})
    told = [f"{number:,} {_CAUSES[cause]}" for cause, number in causes.most_common() if number]
    told += [f"{number:,} within {window}" for window, number in recent.items()]
    ages = [jobs.oldest_dead_letter_seconds for jobs in (snapshot.facts.lanes or {}).values()]
    if oldest := max((each for each in ages if each), default=0):
        told.append(f"the oldest for {durations.human(oldest)}")
    if since := _age_of(snapshot, "dead_letters"):
        told.append(f"causes as of {durations.human(since)} before the reading")
    yield Fact("Dead letters", tuple(told) if causes.total() or oldest else ("none",))


def _age_of(snapshot: Snapshot, collector: str) -> float:
    """Seconds since an extra collector ran, where that is worth a word."""
    ages = [each.age_seconds for each in snapshot.collectors if each.name == collector]
    return ages[0] if ages and ages[0] >= 1 else 0.0


def _recovery(snapshot: Snapshot) -> Iterator[Fact]:
    recovery = snapshot.facts.recovery
    if recovery is None:
        return
    told = [f"{number:,} {_RECOVERY[state]}" for state, number in recovery.jobs.items() if number]
    if recovery.oldest_pending_seconds:
        told.append(f"the oldest for {durations.human(recovery.oldest_pending_seconds)}")
    yield Fact("Recovery", tuple(told) or ("none",))


def _paused(snapshot: Snapshot) -> Iterator[Fact]:
    if snapshot.facts.paused is None:
        return
    resting = [queue for queue, is_paused in sorted(snapshot.facts.paused.items()) if is_paused]
    yield Fact("Paused queues", _few(resting) or ("none",))


def _binaries(snapshot: Snapshot) -> Iterator[Fact]:
    found = snapshot.facts.binaries
    if not found:
        return
    there = [f"{words.name(each.name)} {health.PLACES[each.place]}" for each in found if each.available]
    gone = [f"{words.name(each.name)} is missing {health.PLACES[each.place]}" for each in found if not each.available]
    yield Fact("Programs", _cut(there), _cut(gone))


def _health(snapshot: Snapshot) -> Iterator[Fact]:
    probes = snapshot.facts.probes
    if probes is None:
        return
    said = {"ready": probes.ready, "live": probes.live} | {words.name(n): ok for n, ok in probes.checks.items()}
    known = {name: ok for name, ok in said.items() if ok is not None}
    good = _cut([f"{name} is well" for name, ok in known.items() if ok])
    yield Fact("Health endpoint", good, _cut([f"{name} is red" for name, ok in known.items() if not ok]))


def _breakers(snapshot: Snapshot) -> Iterator[Fact]:
    found = snapshot.facts.breakers
    if not found:
        return
    told: dict[bool, list[str]] = {True: [], False: []}
    for name, each in found.items():
        failures = f" after {words.many(each.failures, 'failure')}" if each.failures else ""
        told[each.state is Breaker.CLOSED].append(f"{words.name(name)} is {each.state.replace('_', '-')}{failures}")
    yield Fact("Circuit breakers", _cut(told[True]), _cut(told[False]))


def _switch(snapshot: Snapshot) -> Iterator[Fact]:
    switch = snapshot.facts.kill_switch
    if switch is not None:
        yield Fact("Kill switch", () if switch else ("off",), ("on: no work is done",) if switch else ())


def _schedules(snapshot: Snapshot) -> Iterator[Fact]:
    found = snapshot.facts.schedules
    if not found:
        return
    now = snapshot.facts.clock or snapshot.read_at
    # Whether one is late the alerts say, by their own thresholds.
    yield Fact("Schedules", _cut([_schedule(name, each, now) for name, each in found.items()]))


def _schedule(name: str, schedule: Schedule, now: float) -> str:
    every = f", every {durations.human(schedule.interval_seconds)}" if schedule.interval_seconds else ""
    if schedule.last_success is None:
        return f"{words.name(name)}: no success is known{every}"
    return f"{words.name(name)}: last success {durations.human(max(now - schedule.last_success, 0))} before{every}"


def _reading(snapshot: Snapshot) -> Iterator[Fact]:
    """What to know of the numbers themselves."""
    told = [f"{number:,} of label {label} are told as _other" for label, number in snapshot.folded.items() if number]
    if snapshot.facts.lag_seconds is not None:
        told.append(f"from a standby, {durations.human(snapshot.facts.lag_seconds)} behind")
    if snapshot.clock_skew_seconds is not None and abs(snapshot.clock_skew_seconds) >= 1:
        told.append(f"its clock differs by {durations.human(abs(snapshot.clock_skew_seconds))}")
    bad = []
    if snapshot.over_budget:
        bad.append("costs the source more than its budget")
    failed = [words.name(each.name) for each in snapshot.collectors if not each.success]
    bad += [f"{name} could not be read" for name in failed]
    if told or bad:
        yield Fact("This reading", _cut(told), _cut(bad))


def _few(names: Iterable[str]) -> tuple[str, ...]:
    return _cut([words.name(name) for name in names])


def _cut(told: list[str]) -> tuple[str, ...]:
    more = len(told) - MOST_NAMES
    return (*told[:MOST_NAMES], f"and {more:,} more") if more > 0 else tuple(told)


_MAKERS = (_workers, _slots, _causes, _recovery, _paused, _binaries, _health, _breakers, _switch, _schedules, _reading)
