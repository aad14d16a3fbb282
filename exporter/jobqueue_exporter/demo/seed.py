"""What happened before the demo opened: rows and events, as the workers would have left them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from jobqueue_exporter.demo.failures import LASTING, UNAVAILABLE, Failure
from jobqueue_exporter.demo.kinds import KINDS
from jobqueue_exporter.demo.loop import Connection
from jobqueue_exporter.demo.scenarios import Scenario
from jobqueue_exporter.demo.worker import QUEUE, VERSION, worker_name

_COLUMNS = (
    "id", "workspace_id", "kind", "priority", "state", "payload", "result", "error", "last_error", "attempts",
    "run_at", "locked_at", "locked_by", "heartbeat_at", "created_at", "updated_at",
)  # fmt: skip
_MAX_ATTEMPTS = 5
_FINISHED = 240
_FINISHED_SECONDS = 1_000.0
_LATER = 12
_RETRYING = 3


def seed(connection: Connection, scenario: Scenario, random: Random) -> None:
    """Fill the empty tables with the scenario's past."""
    ((now,),) = connection.execute("SELECT now()").fetchall()
    past = _Past(now, random, idle_seconds=0.0 if scenario.workers else scenario.past.silent_seconds)
    past.finished(_FINISHED, _FINISHED_SECONDS)
    past.later(_LATER)
    if scenario.breakage:
        past.retrying(_RETRYING, scenario.broken_kind, scenario.breakage, attempts=_MAX_ATTEMPTS - 1)
    elif scenario.workers:
        past.retrying(_RETRYING, "ANALYTICS_INGEST", UNAVAILABLE, attempts=3)
    past.pending(scenario.past.pending, scenario.past.pending_seconds)
    for kind, count in scenario.past.dead.items():
        broken = scenario.breakage if kind == scenario.broken_kind else None
        past.dead(kind, count, broken)
    silent = [worker_name(9 - n, random) for n in range(scenario.past.silent_workers)]
    past.stuck(scenario.past.stuck, silent, scenario.past.silent_seconds)
    with connection.transaction():
        _copy(connection, "jobs", _COLUMNS, ([job[c] for c in _COLUMNS] for job in past.jobs))
        _copy(connection, "job_events", ("job_id", "stage", "data", "created_at"), past.events)
        _copy(
            connection,
            "job_workers",
            ("worker_id", "queues", "started_at", "heartbeat_at", "slots", "version", "binaries"),
            (_silent_worker(name, past.ago(scenario.past.silent_seconds), scenario) for name in silent),
        )
        connection.execute("ANALYZE public.jobs, public.job_events, public.job_workers")


def _copy(connection: Connection, table: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY public.{table} ({', '.join(columns)}) FROM STDIN".encode()) as copy,
    ):
        for row in rows:
            copy.write_row(list(row))


def _silent_worker(name: str, last_seen: datetime, scenario: Scenario) -> tuple[Any, ...]:
    binaries = Jsonb({"ffmpeg": scenario.has_ffmpeg, "yt-dlp": True})
    return (name, [QUEUE], last_seen - timedelta(hours=3), last_seen, scenario.slots, VERSION, binaries)


@dataclass(slots=True)
class _Past:
    """Collects jobs and events; in the last `idle_seconds` nobody worked."""

    now: datetime
    random: Random
    idle_seconds: float
    jobs: list[dict[str, Any]] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)

    def ago(self, seconds: float) -> datetime:
        """A moment before now."""
        return self.now - timedelta(seconds=seconds)

    def finished(self, count: int, seconds: float) -> None:
        """Jobs that went well at the first attempt, spread over the last seconds of work."""
        for n in range(count):
            created = self.ago(self.idle_seconds + 20 + seconds * (count - n) / count)
            job = self._job(created, state="completed", attempts=1, result=Jsonb({"ok": True}))
            kind = KINDS[job["kind"]]
            claimed = created + timedelta(seconds=self.random.uniform(0.1, 1.0))
            ran = self.random.uniform(kind.shortest_seconds, kind.longest_seconds)
            job["updated_at"] = claimed + timedelta(seconds=ran)
            self._event(job, "claimed", claimed, attempts=1)
            self._event(job, "finished", job["updated_at"], attempts=1)

    def later(self, count: int) -> None:
        """Jobs that are due in minutes and hours."""
        for n in range(count):
            self._job(
                self.ago(60 * n),
                kind="PUBLISH_TIKTOK",
                run_at=self.now + timedelta(minutes=7 * (n + 1) ** 1.5),
            )

    def retrying(self, count: int, kind: str, why: Failure, *, attempts: int) -> None:
        """Jobs of one kind that failed a moment ago and will be tried again soon."""
        for n in range(count):
            created = self.ago(20 + n)
            job = self._job(
                created, kind=kind, attempts=attempts, last_error=why.message,
                run_at=self.now + timedelta(seconds=8 + 10 * n), updated_at=self.ago(2),
            )  # fmt: skip
            self._failures(job, created, job["updated_at"], why)

    def pending(self, count: int, seconds: float) -> None:
        """Jobs that nobody took, the oldest enqueued `seconds` ago."""
        for n in range(count):
            self._job(self.ago(seconds * (count - n) / count))

    def dead(self, kind: str, count: int, failure: Failure | None) -> None:
        """Dead letters of one kind over half an hour of work, by one failure or else by several."""
        for n in range(count):
            why = failure or LASTING[(n + len(kind)) % len(LASTING)]
            created = self.ago(self.idle_seconds + 100 + 1_700 * (count - n) / count)
            died = created + timedelta(seconds=45)
            job = self._job(
                created, kind=kind, state="dead_letter", attempts=_MAX_ATTEMPTS, updated_at=died,
                last_error=why.message,
                error=Jsonb({
                    "message": why.message, "code": why.code, "attempts": _MAX_ATTEMPTS,
                    "max_attempts": _MAX_ATTEMPTS, "failed_at": died.isoformat(),
                    "worker_id": worker_name(1, self.random),
                }),
            )  # fmt: skip
            self._failures(job, created, died, why)

    def stuck(self, count: int, workers: list[str], silent_seconds: float) -> None:
        """Jobs whose worker fell silent while it ran them."""
        for n in range(count):
            claimed = self.ago(silent_seconds + 5 + 2 * n)
            job = self._job(
                claimed, state="running", attempts=1, locked_at=claimed, updated_at=claimed,
                heartbeat_at=self.ago(silent_seconds), locked_by=workers[n % len(workers)],
            )  # fmt: skip
            self._event(job, "claimed", claimed, attempts=1)

    def _job(self, created: datetime, **columns: Any) -> dict[str, Any]:
        (kind,) = self.random.choices([*KINDS], [kind.share for kind in KINDS.values()])
        kind = columns.get("kind", kind)
        job = dict.fromkeys(_COLUMNS) | {
            "id": uuid4(), "workspace_id": uuid4(), "kind": kind, "priority": KINDS[kind].priority,
            "state": "queued", "payload": Jsonb({"video": f"s3://uploads/{len(self.jobs):04}.mp4"}),
            "attempts": 0, "run_at": created, "created_at": created, "updated_at": created,
        } | columns  # fmt: skip
        self.jobs.append(job)
        self._event(job, "enqueued", created, kind=kind)
        return job

    def _failures(self, job: dict[str, Any], first: datetime, last: datetime, why: Failure) -> None:
        for attempt in range(1, job["attempts"] + 1):
            at = first + (last - first) * attempt / job["attempts"]
            self._event(job, "claimed", at - timedelta(seconds=1), attempts=attempt)
            self._event(job, "failed", at, attempts=attempt, code=why.code, error=why.message)

    def _event(self, job: dict[str, Any], stage: str, at: datetime, **data: Any) -> None:
        self.events.append((job["id"], stage, Jsonb(data), at))
