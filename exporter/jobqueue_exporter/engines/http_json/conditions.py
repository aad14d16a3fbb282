"""What answers say of the system around the jobs: recovery, breakers, kill switch, health, schedules."""

from __future__ import annotations

from dataclasses import replace

from jobqueue_exporter.config.http_types import HttpRecovery, HttpRequest, HttpSchedule
from jobqueue_exporter.engines.http_json.document import Document
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import CircuitBreaker, Facts, Probes, Recovery, RecoveryState, Schedule

MOST_SCHEDULES = 200


def told(request: HttpRequest, document: Document) -> Facts:
    """All of it that a request asks for and its answer tells. Raises Refused."""
    return Facts(
        recovery=_recovery(request.recovery, document) if request.recovery else None,
        breakers=_breakers(request, document) or None,
        kill_switch=document.flag(request.kill_switch, document.root) if request.kill_switch else None,
        probes=_probes(request, document),
        schedules=_schedules(request.schedules, document),
    )


def joined(before: Facts, found: Facts) -> Facts:
    """What two answers tell together: breakers, checks, schedules and recovery states of both."""
    both = before.merged(found)
    if before.breakers and found.breakers:
        both = replace(both, breakers={**before.breakers, **found.breakers})
    if before.schedules and found.schedules:
        both = replace(both, schedules={**before.schedules, **found.schedules})
    if (one := before.recovery) and (other := found.recovery):
        age = one.oldest_pending_seconds if other.oldest_pending_seconds is None else other.oldest_pending_seconds
        both = replace(both, recovery=Recovery(jobs={**one.jobs, **other.jobs}, oldest_pending_seconds=age))
    if (first := before.probes) and (second := found.probes):
        ready = first.ready if second.ready is None else second.ready
        live = first.live if second.live is None else second.live
        both = replace(both, probes=Probes(ready=ready, live=live, checks={**first.checks, **second.checks}))
    return both


def _recovery(mapping: HttpRecovery, document: Document) -> Recovery | None:
    paths = {state: path for state in RecoveryState if (path := getattr(mapping, state.value)) is not None}
    counts = {
        state: count for state, path in paths.items() if (count := document.count(path, document.root)) is not None
    }
    waits = counts.get(RecoveryState.PENDING)
    age = document.age(mapping.oldest_pending, document.root) if mapping.oldest_pending and waits else None
    age = 0.0 if mapping.oldest_pending and waits == 0 else age
    return Recovery(jobs=counts, oldest_pending_seconds=age) if counts else None


def _breakers(request: HttpRequest, document: Document) -> dict[str, CircuitBreaker]:
    found = {}
    for mapping in request.breakers:
        if (state := document.breaker(mapping.state, document.root)) is not None:
            failures = document.count(mapping.failures, document.root) if mapping.failures else None
            found[mapping.name] = CircuitBreaker(state=state, failures=failures)
    return found


def _probes(request: HttpRequest, document: Document) -> Probes | None:
    if (mapping := request.probes) is None:
        return None
    asked = {name: document.flag(path, document.root) for name, path in mapping.checks.items()}
    found = Probes(
        ready=document.flag(mapping.ready, document.root) if mapping.ready else None,
        live=document.flag(mapping.live, document.root) if mapping.live else None,
        checks={name: ok for name, ok in asked.items() if ok is not None},
    )
    return None if found == Probes() else found


def _schedules(mappings: tuple[HttpSchedule, ...], document: Document) -> dict[str, Schedule] | None:
    found: dict[str, Schedule] = {}
    told = False
    for mapping in mappings:
        starts = [document.root] if mapping.items is None else document.items(mapping.items)
        told = told or starts is not None
        for start in starts or ():
            name = document.name(mapping.name, start)
            last = document.time(mapping.last_success, start)
            apart = document.number(mapping.interval_seconds, start) if mapping.interval_seconds else None
            schedule = Schedule(last_success=last, interval_seconds=apart or mapping.interval or None)
            if name and (last is not None or schedule.interval_seconds is not None):
                found[name] = schedule
    if len(found) > MOST_SCHEDULES:
        raise Refused(f"{len(found)} schedules are more than the {MOST_SCHEDULES} that can be told; map a shorter list")
    return found if told and (found or any(mapping.items for mapping in mappings)) else None
