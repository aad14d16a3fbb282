"""Workers as a heartbeat table shows them: one row a process, idle ones too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jobqueue_exporter.engines.table.jobs import LABEL_LENGTH
from jobqueue_exporter.engines.table.relation import Column, Relation, Type
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Binary, Facts, Place, Workers
from jobqueue_exporter.sources.postgres import Row

USUAL_NAME = "job_workers"
MOST_WORKERS = 10_000
SHARED = ""


@dataclass(frozen=True, slots=True)
class WorkerLayout:
    """A heartbeat table, read and understood; all but the id and the heartbeat may be missing."""

    relation: Relation
    columns: Mapping[str, Column]

    def sql(self, name: str, missing: str) -> str:
        """The column of this name, or `missing`."""
        return self.columns[name].sql if name in self.columns else missing


def resolve(relation: Relation) -> WorkerLayout:
    """The layout of a heartbeat table. Raises Refused when it is none or hides rows."""
    if relation.hidden:
        raise Refused(relation.hidden)
    for needed in ("worker_id", "heartbeat_at"):
        if needed not in relation.columns:
            raise Refused(
                f"heartbeats: {relation.label} has no column {needed}; `jobqueue sql heartbeats` prints the table"
            )
    return WorkerLayout(relation, relation.columns)


def query(layout: WorkerLayout, *, lease_seconds: float, forget_seconds: float) -> str:
    """A row for each worker: live, lately seen, heartbeat, queues, slots, busy, binaries.

    A heartbeat from the future is no sign of life. Long gone workers only say when the last one beat.
    """
    beat = layout.sql("heartbeat_at", "NULL")
    lease = f"interval '{lease_seconds:g} seconds'"
    queues = "ARRAY[queue]::text[]" if "queue" in layout.columns else "'{}'::text[]"
    queues = "queues::text[]" if "queues" in layout.columns else queues
    binaries = layout.sql("binaries", "NULL") if _is_json(layout) else "NULL"
    return (
        f"SELECT {beat} BETWEEN now() - {lease} AND now() + {lease},\n"
        f"       {beat} >= now() - interval '{forget_seconds:g} seconds',\n"
        f"       CASE WHEN {beat} <= now() + {lease} THEN date_part('epoch', least({beat}, now())) END,\n"
        f"       {queues}, {layout.sql('slots', 'NULL')}::bigint, {layout.sql('busy', 'NULL')}::bigint,\n"
        f"       {binaries}::jsonb\n"
        f"FROM {layout.relation.sql} WHERE {beat} IS NOT NULL AND isfinite({beat})\n"
        f"ORDER BY {beat} DESC LIMIT {MOST_WORKERS}"
    )


def facts(rows: Iterable[Row], layout: WorkerLayout) -> Facts:
    """Workers and their binaries, from the rows of `query`."""
    tally = _Tally(tells_slots="slots" in layout.columns, tells_busy="busy" in layout.columns)
    for row in rows:
        tally.add(row)
    binaries = tuple(Binary(name, Place.WORKER, there) for name, there in sorted(tally.binaries.items()))
    return Facts(workers=tally.workers(), binaries=binaries)


def _is_json(layout: WorkerLayout) -> bool:
    return "binaries" in layout.columns and layout.columns["binaries"].type is Type.JSON


@dataclass(slots=True)
class _Tally:
    """Adds up the rows of `query`."""

    tells_slots: bool
    tells_busy: bool
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
        if not live:
            self.stale += lately
            return
        self.live += 1
        names = sorted({q[:LABEL_LENGTH] for q in queues or () if q})
        self.by_queue.update(names)
        place = names[0] if len(names) == 1 else SHARED
        self.slots[place] += max(slots or 0, 0)
        self.busy[place] += max(busy or 0, 0)
        for name, there in (binaries if isinstance(binaries, dict) else {}).items():
            self.binaries[name[:LABEL_LENGTH]] = self.binaries.get(name[:LABEL_LENGTH], True) and there is True

    def workers(self) -> Workers:
        """The workers added up."""
        return Workers(
            live=self.live,
            stale=self.stale,
            newest_heartbeat=self.newest,
            by_queue=dict(self.by_queue),
            slots=dict(self.slots) or {SHARED: 0} if self.tells_slots else None,
            busy=dict(self.busy) or {SHARED: 0} if self.tells_busy else None,
        )
