"""Workers as a heartbeat table shows them: one row a process, idle ones too."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jobqueue_exporter.engines.sql.relation import Column, Relation, Type, interval
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Binary, Facts, Place, Workers
from jobqueue_exporter.sources.postgres import Row

USUAL_NAME = "job_workers"
MOST_WORKERS = 10_000
SHARED = ""


# All but the first two may be missing, and one of another type counts as missing.
_COLUMNS: Mapping[str, tuple[Type, ...]] = {
    "worker_id": tuple(Type),
    "heartbeat_at": (Type.TIME, Type.NUMBER),
    "queues": (Type.ARRAY,),
    "queue": (Type.TEXT, Type.ENUM),
    "slots": (Type.NUMBER,),
    "busy": (Type.NUMBER,),
    "binaries": (Type.JSON,),
}
_NEEDED = ("worker_id", "heartbeat_at")


@dataclass(frozen=True, slots=True)
class WorkerLayout:
    """A heartbeat table, read and understood."""

    relation: Relation
    columns: Mapping[str, Column]

    @property
    def queues(self) -> str:
        """The queues of a worker, as an array of texts."""
        if "queues" in self.columns:
            return f"{self.columns['queues'].sql}::text[]"
        return f"ARRAY[{self.columns['queue'].sql}::text]" if "queue" in self.columns else "NULL::text[]"

    def sql(self, name: str, of_type: str) -> str:
        """The column of this name, or a NULL, as this type."""
        return f"{self.columns[name].sql if name in self.columns else 'NULL'}::{of_type}"


def resolve(relation: Relation) -> WorkerLayout:
    """The layout of a heartbeat table. Raises Refused when it is none or hides rows."""
    if relation.hidden:
        raise Refused(relation.hidden)
    columns = {
        name: column
        for name, types in _COLUMNS.items()
        if (column := relation.columns.get(name)) is not None and column.type in types
    }
    for needed in _NEEDED:
        if needed not in columns:
            raise Refused(
                f"heartbeats: {relation.label} has no column {needed} that we can use; "
                "`jobqueue sql heartbeats` prints the table"
            )
    return WorkerLayout(relation, columns)


def query(layout: WorkerLayout, *, lease_seconds: float, forget_seconds: float) -> str:
    """A row for each worker: live, lately seen, heartbeat, queues, slots, busy, binaries.

    A heartbeat from the future is no sign of life. Long gone workers only say when the last one beat.
    """
    beat, lease = layout.columns["heartbeat_at"].moment, interval(lease_seconds)
    return (
        f"SELECT {beat} BETWEEN now() - {lease} AND now() + {lease},\n"
        f"       {beat} >= now() - {interval(forget_seconds)},\n"
        f"       CASE WHEN {beat} <= now() + {lease} THEN date_part('epoch', least({beat}, now())) END,\n"
        f"       {layout.queues}, {layout.sql('slots', 'float8')}, {layout.sql('busy', 'float8')},\n"
        f"       {layout.sql('binaries', 'jsonb')}\n"
        f"FROM {layout.relation.sql} WHERE {beat} > timestamptz '-infinity'\n"
        f"ORDER BY {beat} DESC LIMIT {MOST_WORKERS}"
    )


def facts(rows: Iterable[Row], layout: WorkerLayout) -> Facts:
    """Workers and their binaries, from the rows of `query`."""
    tally = _Tally(frozenset(layout.columns))
    for row in rows:
        tally.add(row)
    return Facts(workers=tally.workers(), binaries=tally.found() if "binaries" in layout.columns else None)


@dataclass(slots=True)
class _Tally:
    """Adds up the rows of `query`."""

    columns: frozenset[str]
    live: int = 0
    stale: int = 0
    newest: float | None = None
    by_queue: Counter[str] = field(default_factory=Counter)
    slots: Counter[str] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)
    binaries: dict[str, bool] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """One worker. A binary counts as there only when every live worker that reports it has it."""
        live, lately, beat, queues, slots, busy, binaries = row
        if beat is not None:
            self.newest = beat if self.newest is None else max(self.newest, beat)
        names = sorted({q[:LABEL_LENGTH] for q in queues or () if q})
        place = names[0] if len(names) == 1 else SHARED
        if not live:
            self.stale += lately
            if lately:
                self._none_at(names, place)
            return
        self.live += 1
        self.by_queue.update(names)
        self.slots[place] += _whole(slots)
        self.busy[place] += _whole(busy)
        for name, there in (binaries if isinstance(binaries, dict) else {}).items():
            self.binaries[name[:LABEL_LENGTH]] = self.binaries.get(name[:LABEL_LENGTH], True) and bool(there)

    def _none_at(self, names: list[str], place: str) -> None:
        """A worker that went away lately: its queues are known, and 0 if nobody else takes from them."""
        for name in names:
            self.by_queue[name] += 0
        self.slots[place] += 0
        self.busy[place] += 0

    def found(self) -> tuple[Binary, ...]:
        """The binaries that live workers told of."""
        return tuple(Binary(name, Place.WORKER, there) for name, there in sorted(self.binaries.items()))

    def workers(self) -> Workers:
        """The workers added up."""
        return Workers(
            live=self.live,
            stale=self.stale,
            newest_heartbeat=self.newest,
            by_queue=dict(self.by_queue) if self.columns & {"queue", "queues"} else None,
            slots=dict(self.slots) or {SHARED: 0} if "slots" in self.columns else None,
            busy=dict(self.busy) or {SHARED: 0} if "busy" in self.columns else None,
        )


def _whole(number: float | None) -> int:
    """The number of slots that a worker tells; what cannot be one is none."""
    return int(number) if number is not None and 0 < number < math.inf else 0
