"""What strangers are not told: why something fails, and what an engine noticed. Hosts, users and tables are in that."""

from __future__ import annotations

from dataclasses import replace

from starlette.types import Scope

from jobqueue_exporter.model import Snapshot

_KNOWN = "jobqueue.known"
UNTOLD = "It cannot be read: the exporter's log says why."
UNTOLD_PART = "the exporter's log says why"


def mark(scope: Scope, *, known: bool) -> None:
    """Write down whether the client of this request has shown who it is."""
    scope[_KNOWN] = known


def known(scope: Scope) -> bool:
    """Whether it has; a request that nobody looked at is a stranger's."""
    return bool(scope.get(_KNOWN))


def discreet(snapshot: Snapshot) -> Snapshot:
    """The same, with words of ours for what only the log may tell. Numbers, names of queues and kinds stay."""
    count = len(set(snapshot.facts.notices or ()))
    words = (
        f"{count} {'thing' if count == 1 else 'things'} to look at: the exporter's log and `jobqueue doctor` say what."
    )
    return replace(
        snapshot,
        error=snapshot.error and UNTOLD,
        facts=replace(snapshot.facts, notices=(words,) if count else snapshot.facts.notices),
        collectors=tuple(replace(each, error=each.error and UNTOLD_PART) for each in snapshot.collectors),
    )
