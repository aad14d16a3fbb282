"""What the answer of a health endpoint means."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Binary, Facts, Place, Probes
from jobqueue_exporter.sources.http_answer import Answer, Json

MOST_CHECKS = 50
_LONGEST_NAME = 63
_NOT_CHECKS = frozenset({"ok", "checks", "queue"})


def live(answer: Answer) -> Facts:
    """What a liveness endpoint said, by its status alone. Raises Refused for an answer that nobody meant."""
    _body(answer.accepted(*_ERRORS))
    return Facts(probes=Probes(live=answer.status < 300), clock=answer.clock)


def ready(answer: Answer, programs: Collection[str]) -> Facts:
    """What a readiness endpoint said; checks that are named after one of the programs tell of it too.

    Raises Refused for an answer that nobody meant.
    """
    body = _body(answer.accepted(*_ERRORS)) or {}
    ok = body.get("ok", True)
    if not isinstance(ok, bool):
        raise Refused(f"{answer.place}: `ok` of the answer is neither true nor false")
    checks = _checks(body)
    shown = dict(list(checks.items())[:MOST_CHECKS])
    binaries = tuple(Binary(name, Place.READINESS, checks[name]) for name in checks if name in programs)
    notice = f"{answer.place}: of its {len(checks)} checks only {MOST_CHECKS} are told"
    return Facts(
        probes=Probes(ready=ok and answer.status < 300, checks=shown),
        binaries=binaries or None,
        clock=answer.clock,
        notices=(notice,) if len(shown) < len(checks) else None,
    )


_ERRORS = range(500, 600)


def _body(answer: Answer) -> Mapping[str, Json] | None:
    """The JSON object of an answer; None for the plain text of a simple endpoint. Raises Refused."""
    try:
        plain = not answer.is_page and answer.body.lstrip()[:1] not in (b"{", b"[")
        found = None if plain else answer.json()
    except Refused:
        # A proxy answers for a service that is down with a page of its own.
        if answer.status in _ERRORS:
            return None
        raise
    return found if isinstance(found, dict) else None


def _checks(body: Mapping[str, Json]) -> dict[str, bool]:
    """Every check of a readiness answer: those under `checks`, the warning of the queue, and what stands alone."""
    given = body.get("checks")
    alone = [(name, part) for name, part in body.items() if name not in _NOT_CHECKS]
    found = {
        name: ok
        for name, part in [*(given.items() if isinstance(given, dict) else ()), *alone]
        if isinstance(part, dict) and isinstance(ok := part.get("ok"), bool) and 0 < len(name) <= _LONGEST_NAME
    }
    queue = body.get("queue")
    if isinstance(queue, dict) and "warning" in queue:
        found.setdefault("queue", not queue["warning"])
    return found
