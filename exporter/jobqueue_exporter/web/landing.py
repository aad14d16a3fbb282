"""The page at /: what is read, how it is, and where everything else is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse, Response

from jobqueue_exporter import __version__, durations, health
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.health import Check, Status
from jobqueue_exporter.model import LaneJobs, Snapshot, State

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "deny",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
NAMES = {
    "db": "database",
    "worker": "workers",
    "queue": "queues",
    "dlq": "dead letters",
    "binary": "programs",
    "readiness": "health",
}
WORDS = {
    Status.OK: "ok",
    Status.WARNING: "needs a look",
    Status.FAILED: "not ok",
    Status.UNKNOWN: "unknown",
}
UNTOLD = "It cannot be read: the exporter's log says why."
MOST_NOTICES = 20
LONGEST_NOTICE = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """One source as the page shows it."""

    name: str
    engine: str
    up: bool
    status: Status
    checks: tuple[Check, ...]
    notices: tuple[str, ...]
    pending: str
    oldest: str
    running: str
    dead: str


def page(snapshots: Sequence[Snapshot], config: Config, *, reasons: bool) -> Response:
    """The page, as a response. Only with `reasons` it says why a source cannot be read, and what an engine noticed:
    hosts, users and names of tables are in that."""
    sources = [_shown(snapshot if reasons else _discreet(snapshot), config) for snapshot in snapshots]
    text = _template().render(version=__version__, sources=sources, names=NAMES, words=WORDS)
    return HTMLResponse(text, headers=HEADERS)


@cache
def _template() -> Template:
    loader = PackageLoader("jobqueue_exporter.web")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("landing.html")


def _discreet(snapshot: Snapshot) -> Snapshot:
    """The same, with words of ours for what only the log may tell."""
    count = len(set(snapshot.facts.notices or ()))
    words = (
        f"{count} {'thing' if count == 1 else 'things'} to look at: the exporter's log and `jobqueue doctor` say what."
    )
    facts = replace(snapshot.facts, notices=(words,) if count else ())
    return replace(snapshot, error=snapshot.error and UNTOLD, facts=facts)


def _notices(snapshot: Snapshot) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(snapshot.facts.notices or ()))
    more = len(found) - MOST_NOTICES
    rest = (f"and {more} more, which the exporter's log has",) if more > 0 else ()
    return (*(each[:LONGEST_NOTICE] for each in found[:MOST_NOTICES]), *rest)


def _shown(snapshot: Snapshot, config: Config) -> Shown:
    required = next((each.binaries for each in config.sources if each.name == snapshot.source), ())
    verdict = health.verdict(snapshot, config.health, required_binaries=required, now=time.time())
    lanes = tuple((snapshot.facts.lanes or {}).values())
    ages = [each.oldest_pending_seconds for each in lanes if each.oldest_pending_seconds is not None]
    return Shown(
        name=snapshot.source,
        engine=snapshot.engine,
        up=snapshot.up,
        status=verdict.status,
        checks=verdict.checks if snapshot.up else verdict.checks[:1],
        notices=_notices(snapshot) if snapshot.up else (),
        pending=_sum(snapshot, lanes, State.PENDING),
        oldest=durations.human(max(ages)) if ages else _none(snapshot),
        running=_sum(snapshot, lanes, State.RUNNING),
        dead=_sum(snapshot, lanes, State.DEAD_LETTER),
    )


def _sum(snapshot: Snapshot, lanes: Sequence[LaneJobs], state: State) -> str:
    known = [each.counts[state] for each in lanes if state in each.counts]
    least = "≥ " if (snapshot.facts.capped or {}).get(state) else ""
    return f"{least}{sum(known):,}" if known else _none(snapshot)


def _none(snapshot: Snapshot) -> str:
    """What stands for a number that no lane has: none where there are no lanes, else it is not known."""
    return "none" if snapshot.facts.lanes == {} else "cannot tell"
