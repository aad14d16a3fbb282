"""What is said of the jobs that were chosen for a change, before anybody is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from jobqueue_exporter.cli.orders import AGAIN, counted
from jobqueue_exporter.cli.times import both
from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import Cause
from jobqueue_exporter.operate.selection import Selection

_ADJECTIVES = {Operation.REQUEUE: "dead ", Operation.RECLAIM: "stuck "}
_SHOWN = 8
_WIDTH = 200


def lines(source: str, operation: Operation, selection: Selection, now: float) -> Iterator[str]:
    """How many, of which kinds and causes, since when, and what to mind."""
    adjective = _ADJECTIVES.get(operation, "")
    if not selection.count:
        yield f"source {source} has no such {adjective}job"
        return
    more = f", the first of more than {selection.count:,}; --limit takes more" if selection.more else ""
    yield f"{counted(selection.count).replace(' ', f' {adjective}', 1)} of source {source}{more}"
    if any(selection.kinds):
        yield f"  kind    {_most(selection.kinds)}"
    if selection.causes:
        yield f"  cause   {_most(selection.causes)}"
    if selection.oldest is not None:
        yield f"  oldest  {both(selection.oldest, now)}"
        yield f"  newest  {both(selection.newest, now)}"
    if operation is Operation.REQUEUE:
        yield f"note: {AGAIN}"
        yield from _warning(selection)


def _most(counts: Counter[str] | Counter[Cause]) -> str:
    told = [f"{line(str(name), 60) or '(none)'} {count:,}" for name, count in counts.most_common(_SHOWN)]
    rest = len(counts) - len(told)
    return line(", ".join([*told, *([f"and {rest:,} more"] if rest else [])]), _WIDTH)


def _warning(selection: Selection) -> Iterator[str]:
    """That most of them will die again, where their errors say so."""
    hopeless = selection.causes[Cause.USER_ERROR] + selection.causes[Cause.SYSTEM_ERROR]
    if hopeless * 2 > selection.count:
        died = f"{hopeless:,} of {selection.count:,} died of {Cause.USER_ERROR} or {Cause.SYSTEM_ERROR}"
        yield f"warning: {died}: fix the cause first, or they die again"
