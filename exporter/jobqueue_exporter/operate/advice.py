"""What to do about a source that is not well."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.health import Check, Status, Verdict
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import Breaker, Cause, Lane, Policy, Snapshot, State
from jobqueue_exporter.operate import reach

_DEAD = {
    Cause.RECOVERABLE: (
        "Most died of what passes by itself. When it has passed, requeue one, then the rest.",
        "dlq requeue-all --cause recoverable --canary 1",
    ),
    Cause.USER_ERROR: (
        "Most were given wrong input. Tell those who sent it; give these jobs up, or mend them.",
        "dlq list --cause user_error",
    ),
    Cause.SYSTEM_ERROR: (
        "Most died of something of ours that is broken. Fix that before requeueing any.",
        "dlq list --cause system_error",
    ),
    Cause.UNKNOWN: ("Most died of unknown causes. Read two or three errors before requeueing any.", "dlq list"),
}
_NOT_HERE = "Look at the dead jobs where that system shows them: from here they cannot be seen one by one."
_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and the command that does it or looks closer; may be empty.

    Commands come without the name of the source, as in `dlq list --cause unknown`.
    """

    text: str
    command: str = ""


def of(snapshot: Snapshot, verdict: Verdict) -> tuple[Advice, ...]:
    """What to do, the most urgent first; nothing when all is well."""
    checks = {check.name: check for check in verdict.checks if check.status in (Status.FAILED, Status.WARNING)}
    told: list[tuple[Status, Advice]] = []
    for name, advise in _ABOUT.items():
        if check := checks.get(name):
            told += [(check.status, advice) for advice in advise(snapshot, check, checks)]
    return tuple(advice for _, advice in sorted(told, key=lambda pair: pair[0] is not Status.FAILED))


Checks = dict[str, Check]


def _db(snapshot: Snapshot, check: Check, checks: Checks) -> Iterator[Advice]:
    if snapshot.up:
        yield Advice("Read it again: these numbers are old.", "jobs stats")
        return
    why = f": {line(snapshot.error, _LONGEST_ERROR)}" if snapshot.error else ""
    yield Advice(f"Mend this first, nothing else can be told before{why}", "doctor")


def _worker(snapshot: Snapshot, check: Check, checks: Checks) -> Iterator[Advice]:
    lanes = (snapshot.facts.lanes or {}).values()
    workers = snapshot.facts.workers
    if _unmanned(checks):
        yield Advice("Start workers: jobs wait, and nobody takes them.", "workers status")
    if workers is not None and workers.stale:
        yield Advice("Find out why workers fell silent, and restart them.", _where_seen(snapshot, "workers list"))
    if stuck := sum(jobs.stuck or 0 for jobs in lanes):
        yield _stuck(stuck, reach.of(snapshot.engine))


def _stuck(stuck: int, far: reach.Reach) -> Advice:
    jobs = f"{stuck:,} stuck job{'' if stuck == 1 else 's'}"
    lost = f"{'its worker is' if stuck == 1 else 'their workers are'} lost"
    if Operation.RECLAIM in far.offers:
        return Advice(f"Reclaim {jobs}: {lost}.", "jobs reclaim --dry-run")
    text = f"See that workers run, so that their engine takes back {jobs}: {lost}."
    return Advice(text, "jobs list --state running --stuck" if far.jobs else "")


def _binary(snapshot: Snapshot, check: Check, checks: Checks) -> Iterator[Advice]:
    missing = sorted({binary.name for binary in snapshot.facts.binaries or () if not binary.available})
    if missing:
        yield Advice(f"Install {' and '.join(missing)} where the workers run, then restart them.", "workers status")
    else:
        text = "Look at a worker's host: nobody reports a program that jobs need."
        yield Advice(text, _where_seen(snapshot, "workers list"))


def _queue(snapshot: Snapshot, check: Check, checks: Checks) -> Iterator[Advice]:
    """Nothing where nobody works: starting workers is what helps then."""
    lane = _latest(snapshot)
    if _unmanned(checks) or lane is None:
        return
    where = f" --queue {shlex.quote(lane.queue)}" + (f" --kind {shlex.quote(lane.kind)}" if lane.kind else "")
    text = "Add workers, or stop what makes so many jobs. See first whether the workers claim any."
    yield Advice(text, _where_seen(snapshot, f"jobs list --state pending{where}"))


def _dlq(snapshot: Snapshot, check: Check, checks: Checks) -> Iterator[Advice]:
    if not reach.of(snapshot.engine).jobs:
        yield Advice(_NOT_HERE)
        return
    causes: Counter[Cause] = Counter()
    for letters in (snapshot.facts.dead_letters or {}).values():
        causes.update(letters.causes)
    worst = causes.most_common(1)
    if worst and worst[0][1]:
        yield Advice(*_DEAD[worst[0][0]])
    else:
        yield Advice("Read two or three errors before requeueing any.", "dlq list")


def _readiness(snapshot: Snapshot, check: Check, checks: Checks) -> Iterator[Advice]:
    facts = snapshot.facts
    probes = facts.probes
    if probes is not None and (probes.ready is False or probes.live is False or not all(probes.checks.values())):
        yield Advice("Mend what the health endpoint calls red.", "ready --detail")
    if any(breaker.state is not Breaker.CLOSED for breaker in (facts.breakers or {}).values()):
        yield Advice("Wait until the circuit breaker closes; ask less of what it guards meanwhile.", "ready --detail")
    if facts.kill_switch:
        yield Advice("Switch the kill switch off once its reason is gone: no work is done.", "ready --detail")


# The most urgent first: what cannot be read, then who should work, then what piles up.
_ABOUT: dict[str, Callable[[Snapshot, Check, Checks], Iterator[Advice]]] = {
    "db": _db,
    "worker": _worker,
    "binary": _binary,
    "readiness": _readiness,
    "queue": _queue,
    "dlq": _dlq,
}


def _where_seen(snapshot: Snapshot, command: str) -> str:
    """The command, where jobs and workers of the source can be listed."""
    return command if reach.of(snapshot.engine).jobs else ""


def _unmanned(checks: Checks) -> bool:
    return "worker" in checks and checks["worker"].status is Status.FAILED


def _latest(snapshot: Snapshot) -> Lane | None:
    """The lane whose oldest pending job is furthest past its objective; else the one with most pending jobs."""
    paused = snapshot.facts.paused or {}
    lanes = {lane: jobs for lane, jobs in (snapshot.facts.lanes or {}).items() if not paused.get(lane.queue)}

    def urgency(lane: Lane) -> tuple[float, int]:
        waited = (lanes[lane].oldest_pending_seconds or 0) / max(
            snapshot.policies.get(lane, Policy()).wait_objective_seconds, 0.001
        )
        return (waited if waited > 1 else 0, lanes[lane].counts.get(State.PENDING, 0))

    return max(lanes, key=urgency, default=None)
