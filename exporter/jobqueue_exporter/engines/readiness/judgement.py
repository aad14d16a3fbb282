"""What the answer of a health endpoint means."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jobqueue_exporter.engines.readiness.checks import checks
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Binary, Facts, Place, Probes
from jobqueue_exporter.sources.http_answer import Answer, Json

_ERRORS = range(500, 600)
_WORDS = dict.fromkeys(("alive", "healthy", "ok", "okay", "pass", "pong", "ready", "success", "up"), True) | (
    dict.fromkeys(("critical", "dead", "down", "error", "fail", "failed", "not ready", "unhealthy"), False)
)
_EXPECTED = "expected JSON with `ok` true or false or with a `status` such as ok or down, or a word such as ok alone"


def live(answer: Answer) -> Facts:
    """What a liveness endpoint said, by its status alone. Raises Refused for an answer that nobody meant."""
    _body(answer.accepted(*_ERRORS))
    return Facts(probes=Probes(live=answer.status < 300), clock=answer.clock)


def ready(answer: Answer, programs: Collection[str]) -> Facts:
    """What a readiness endpoint said; checks that are named after one of the programs tell of it too.

    What the service says of itself as a whole counts, also beside a check that is red. Raises Refused for an
    answer that nobody meant, and for one that says neither yes nor no.
    """
    body = _body(answer.accepted(*_ERRORS))
    found = checks(body or {})
    binaries = tuple(Binary(name, Place.READINESS, ok) for name, ok in found.found.items() if name in programs)
    return Facts(
        probes=Probes(ready=answer.status not in _ERRORS and _yes(answer, body), checks=found.told),
        binaries=binaries or None,
        clock=answer.clock,
        notices=tuple(f"{answer.place}: {notice}" for notice in found.notices) or None,
    )


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


def _yes(answer: Answer, body: Mapping[str, Json] | None) -> bool:
    """Whether the answer says that all is well. Raises Refused."""
    if body is None:
        word = answer.body.decode("utf-8", "replace").strip().strip('"')
        if word and _word(word) is None:
            raise Refused(f"{answer.place}: the answer says neither yes nor no; {_EXPECTED}")
        return _word(word) is not False
    if "ok" in body:
        if not isinstance(ok := body["ok"], bool):
            raise Refused(f"{answer.place}: `ok` of the answer is neither true nor false")
        return ok
    status = body.get("status")
    said = _word(status) if isinstance(status, str) else None
    if said is None:
        what = "`status` is no word that we know" if "status" in body else "it has no `ok`"
        raise Refused(f"{answer.place}: the answer says neither yes nor no, as {what}; {_EXPECTED}")
    return said


def _word(text: str) -> bool | None:
    return _WORDS.get(text.strip().rstrip(".!").lower())
