"""Many jobs, a line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobqueue_exporter.cli import console
from jobqueue_exporter.cli.job_view import attempts
from jobqueue_exporter.cli.times import relative
from jobqueue_exporter.masking import line, masked
from jobqueue_exporter.model import State

if TYPE_CHECKING:
    from jobqueue_exporter.engines.operations import Job

_ERROR = 120
_NAME = 80


@dataclass(frozen=True, slots=True)
class Listed:
    """A job as a list shows it, `now` on its source's clock; `source` is empty where there is only one."""

    source: str
    job: Job
    now: float


Cell = Callable[[Listed], str]

_CELLS: Mapping[str, Cell] = {
    "id": lambda one: one.job.id,
    "source": lambda one: one.source,
    "queue": lambda one: line(one.job.lane.queue, _NAME),
    "kind": lambda one: line(one.job.lane.kind, _NAME),
    "attempts": lambda one: attempts(one.job),
    "died": lambda one: relative(one.job.since if one.job.since is not None else one.job.ended_at, one.now),
    "since": lambda one: relative(one.job.since, one.now),
    "due": lambda one: relative(one.job.due_at, one.now),
    "started": lambda one: relative(one.job.started_at, one.now),
    "heartbeat": lambda one: relative(one.job.heartbeat_at, one.now),
    "stuck": lambda one: "" if one.job.stuck is None else "yes" if one.job.stuck else "no",
    "worker": lambda one: line(one.job.worker, _NAME),
    "recovery": lambda one: one.job.recovery or "",
    "cause": lambda one: one.job.cause or "",
    "error": lambda one: snippet(one.job.error),
}
_FIRST = ("id", "source", "queue", "kind", "attempts")
_OF_STATE: Mapping[State, tuple[str, ...]] = {
    State.PENDING: ("since", "error"),
    State.SCHEDULED: ("due",),
    State.RETRYING: ("due", "error"),
    State.BLOCKED: ("since",),
    State.RUNNING: ("started", "heartbeat", "stuck", "worker"),
    State.DEAD_LETTER: ("died", "recovery", "cause", "error"),
}


def tell(jobs: Sequence[Listed], state: State) -> None:
    """The jobs on stdout, ids and kinds whole.

    Columns that say nothing are left out, and the queue where all are in the same.
    """
    rows = [{name: _CELLS[name](one) for name in (*_FIRST, *_OF_STATE[state])} for one in jobs]
    shown = [name for name in (*_FIRST, *_OF_STATE[state]) if _says(name, [row[name] for row in rows])]
    if "kind" not in shown and "queue" not in shown:
        shown.insert(1, "queue")
    cells = ([row[name] for name in shown] for row in rows)
    console.table(shown, cells, right=("attempts",), flexible=("error",), untitled=("error",))


def snippet(error: str) -> str:
    """The beginning of an error, masked, in one line."""
    return line(masked(error), _ERROR)


def _says(name: str, cells: Sequence[str]) -> bool:
    if name == "queue":
        return len(set(cells)) > 1
    return name == "id" or any(cell not in ("", "-") for cell in cells)
