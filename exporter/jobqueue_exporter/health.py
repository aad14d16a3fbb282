"""The one verdict on a source that commands, /readyz and the status page share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from jobqueue_exporter.config.types import Config, Health
from jobqueue_exporter.durations import human
from jobqueue_exporter.model import Breaker, Lane, LaneJobs, Place, Policy, Probes, Snapshot, State

_FAILED_AT = 5
"""A queue has failed once a job has waited this many times its objective."""

PLACES = {
    Place.WORKER: "on a live worker",
    Place.READINESS: "by the health endpoint",
    Place.EXPORTER: "on the exporter's host",
}
"""Where a binary was looked for, those who know best first."""


class Status(StrEnum):
    """How a check went, the worst last. UNKNOWN: the source cannot tell, which is never held against it."""

    UNKNOWN = "unknown"
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; the message says what was found, in words and numbers."""

    name: str
    status: Status
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checks db, worker, queue, dlq and binary, of some sources readiness too, and the status of the worst."""

    status: Status
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class _Wait:
    """How long the oldest pending job of a lane has waited, and how long it may."""

    lane: Lane
    seconds: float
    objective: float

    @property
    def late(self) -> bool:
        return self.seconds > self.objective

    def __str__(self) -> str:
        waited, objective = human(self.seconds), human(self.objective)
        return f"in {_name(self.lane)} the oldest job has waited {waited} (objective {objective})"


def verdict(
    snapshot: Snapshot,
    limits: Health,
    *,
    required_binaries: Sequence[str] = (),
    now: float | None = None,
    scrape_interval: float = 60.0,
) -> Verdict:
    """What a snapshot means.

    With `now` (Unix seconds), numbers older than two scrape intervals are a warning.
    """
    checks: tuple[Check, ...]
    if snapshot.up:
        checks = (
            _db(snapshot, now, scrape_interval),
            _worker(snapshot),
            _queue(snapshot, limits.backlog),
            _dlq(snapshot, limits.dead_letters),
            _binary(snapshot, required_binaries),
            *_readiness(snapshot),
        )
    else:
        others = ("worker", "queue", "dlq", "binary")
        checks = (
            Check("db", Status.FAILED, snapshot.error or "It cannot be read."),
            *(Check(name, Status.UNKNOWN, "Cannot tell: the source cannot be read.") for name in others),
        )
    return Verdict(worst(check.status for check in checks), checks)


def of(snapshot: Snapshot, config: Config, *, now: float | None = None) -> Verdict:
    """What a snapshot means by the limits of this configuration, and the programs that it requires of its source."""
    required = next((each.binaries for each in config.sources if each.name == snapshot.source), ())
    return verdict(snapshot, config.health, required_binaries=required, now=now)


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of these; unknown when there are none."""
    return max(statuses, key=list(Status).index, default=Status.UNKNOWN)


def _db(snapshot: Snapshot, now: float | None, scrape_interval: float) -> Check:
    if now is None:
        return Check("db", Status.OK, "It was read in time.")
    age = max(now - snapshot.read_at, 0)
    if age > 2 * scrape_interval:
        message = f"The numbers are {human(age)} old, more than two scrapes of {human(scrape_interval)}."
        return Check("db", Status.WARNING, message)
    return Check("db", Status.OK, f"It was read {human(age)} ago.")


def _worker(snapshot: Snapshot) -> Check:
    check, lost = _manned(snapshot), _stuck(snapshot)
    if not lost:
        return check
    message = f"{check.message.removesuffix('.')}; {_are(lost, 'running job')} stuck, with no sign of life."
    return Check("worker", worst((check.status, Status.WARNING)), message)


def _manned(snapshot: Snapshot) -> Check:
    """Whether anyone works on what waits."""
    workers, running, late = snapshot.facts.workers, _at_work(snapshot), _late(snapshot)
    if workers is not None and workers.live:
        stale = f"{_are(workers.stale, 'worker')} stale, {workers.live:,} live" if workers.stale else ""
        message = stale or f"{_are(workers.live, 'worker')} live"
        return Check("worker", Status.WARNING if workers.stale else Status.OK, f"{message}.")
    if workers is None and running:
        message = f"{_are(running, 'job')} running; how many workers there are, this source cannot tell."
        return Check("worker", Status.OK, message)
    if late:
        return Check("worker", Status.FAILED, f"No live worker is known; {late[0]}.")
    if workers is None and not _tells(snapshot, State.RUNNING):
        message = "Cannot tell: this source shows neither workers nor what they run."
        return Check("worker", Status.UNKNOWN, message)
    if workers is None:
        message = "Cannot tell: nothing is running, and idle workers leave no trace in this source."
        return Check("worker", Status.UNKNOWN, message)
    if workers.stale:
        return Check("worker", Status.WARNING, f"{_are(workers.stale, 'worker')} stale, none live.")
    return Check("worker", Status.OK, "No worker is live, and no job is known to wait past its objective.")


def _queue(snapshot: Snapshot, backlog: int) -> Check:
    if not _tells(snapshot, State.PENDING):
        return Check("queue", Status.UNKNOWN, "Cannot tell how many jobs are pending.")
    pending = sum(jobs.counts.get(State.PENDING, 0) for jobs in _open(snapshot).values())
    message = f"{_at_least(snapshot, State.PENDING)}{_are(pending, 'job')} pending"
    if pending > backlog:
        message += f", more than {backlog:,}"
    late = _late(snapshot)
    if late:
        message += f"; {late[0]}"
    if len(late) > 1:
        message += f"; {_are(len(late) - 1, 'more lane')} late"
    if paused := sum((snapshot.facts.paused or {}).values()):
        message += f"; {_are(paused, 'paused queue')} left out"
    if any(wait.seconds > _FAILED_AT * wait.objective for wait in late):
        return Check("queue", Status.FAILED, f"{message}.")
    return Check("queue", Status.WARNING if late or pending > backlog else Status.OK, f"{message}.")


def _dlq(snapshot: Snapshot, limit: int) -> Check:
    if not _tells(snapshot, State.DEAD_LETTER):
        return Check("dlq", Status.UNKNOWN, "Cannot tell how many jobs are dead.")
    lanes = snapshot.facts.lanes or {}
    dead = {lane: jobs.counts.get(State.DEAD_LETTER, 0) for lane, jobs in lanes.items()}
    total = sum(dead.values())
    if not total:
        return Check("dlq", Status.OK, "No job is dead.")
    message = f"{_at_least(snapshot, State.DEAD_LETTER)}{_are(total, 'job')} dead"
    most = max(dead, key=dead.__getitem__)
    message += f", most in {_name(most)} ({dead[most]:,})" if dead[most] < total else f", all in {_name(most)}"
    if oldest := max((jobs.oldest_dead_letter_seconds or 0 for jobs in lanes.values()), default=0):
        message += f", the oldest for {_at_least(snapshot, State.DEAD_LETTER).lower()}{human(oldest)}"
    if total >= limit:
        return Check("dlq", Status.FAILED, f"{message}; the limit is {limit:,}.")
    return Check("dlq", Status.WARNING, f"{message}.")


def _binary(snapshot: Snapshot, required: Sequence[str]) -> Check:
    seen = {(binary.name, binary.place): binary.available for binary in snapshot.facts.binaries or ()}
    known = dict.fromkeys((*required, *(name for name, _ in seen)))
    best = {name: next((place for place in PLACES if (name, place) in seen), None) for name in known}
    missing = {n: f"{n} is missing {PLACES[p]}." for n, p in best.items() if p and not seen[n, p]}
    silent = [f"Nobody reports whether {name} is there." for name, place in best.items() if place is None]
    said = " ".join([*missing.values(), *silent])
    if missing.keys() & set(required):
        return Check("binary", Status.FAILED, said)
    if missing:
        return Check("binary", Status.WARNING, f"{said} The configuration does not require it (`binaries:`).")
    if silent:
        return Check("binary", Status.WARNING, said)
    return Check("binary", Status.OK, f"Found: {', '.join(known)}." if known else "No program is required.")


def _readiness(snapshot: Snapshot) -> Iterator[Check]:
    """What the system around the jobs says of itself; nothing of a source that tells nothing of it."""
    facts = snapshot.facts
    probes = facts.probes or Probes()
    red = [_name(name) for name, ok in probes.checks.items() if not ok]
    failed = ["The liveness endpoint is red or does not answer."] if probes.live is False else []
    if probes.ready is False:
        because = f": {', '.join(red)}" if red else "" if probes.checks else " or does not answer"
        failed.append(f"The readiness endpoint is red{because}.")
    warnings = [f"Not well by the readiness endpoint: {', '.join(red)}."] if red and probes.ready is not False else []
    for name, breaker in (facts.breakers or {}).items():
        if breaker.state is not Breaker.CLOSED:
            failures = f" after {breaker.failures} failures" if breaker.failures else ""
            warnings.append(f"The circuit breaker {_name(name)} is {breaker.state.replace('_', '-')}{failures}.")
    if facts.kill_switch:
        warnings.append("The kill switch is on: no work is done.")
    status = Status.FAILED if failed else Status.WARNING if warnings else Status.OK
    if facts.probes is not None or facts.breakers or facts.kill_switch is not None:
        yield Check("readiness", status, " ".join(failed + warnings) or "All that is told of it is well.")


def _tells(snapshot: Snapshot, state: State) -> bool:
    """Whether jobs of this state would be seen; where no lane is known yet, they would."""
    lanes = snapshot.facts.lanes
    return lanes is not None and (not lanes or any(state in jobs.counts for jobs in lanes.values()))


def _open(snapshot: Snapshot) -> Mapping[Lane, LaneJobs]:
    """The lanes that are not paused: what waits in a paused one waits because somebody wants it to."""
    paused = snapshot.facts.paused or {}
    return {lane: jobs for lane, jobs in (snapshot.facts.lanes or {}).items() if not paused.get(lane.queue)}


def _late(snapshot: Snapshot) -> list[_Wait]:
    """Lanes past their objective, those furthest past it first."""
    waits = (
        _Wait(lane, jobs.oldest_pending_seconds, snapshot.policies.get(lane, Policy()).wait_objective_seconds)
        for lane, jobs in _open(snapshot).items()
        if jobs.oldest_pending_seconds is not None
    )
    return sorted(filter(lambda wait: wait.late, waits), key=lambda w: -w.seconds / max(w.objective, 0.001))


def _at_work(snapshot: Snapshot) -> int:
    """Running jobs whose worker has not been lost."""
    lanes = (snapshot.facts.lanes or {}).values()
    return sum(max(jobs.counts.get(State.RUNNING, 0) - (jobs.stuck or 0), 0) for jobs in lanes)


def _stuck(snapshot: Snapshot) -> int:
    """Running jobs whose lease or heartbeat has expired."""
    return sum(jobs.stuck or 0 for jobs in (snapshot.facts.lanes or {}).values())


def _at_least(snapshot: Snapshot, state: State) -> str:
    return "At least " if (snapshot.facts.capped or {}).get(state) else ""


def _are(count: int, noun: str) -> str:
    return f"{count:,} {noun} is" if count == 1 else f"{count:,} {noun}s are"


def _name(named: Lane | str) -> str:
    """A lane or another name in one printable line, whatever a source calls it."""
    text = named if isinstance(named, str) else f"{named.queue}/{named.kind}" if named.kind else named.queue
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
