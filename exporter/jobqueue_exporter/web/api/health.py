"""Answers to those who ask whether all is well."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import UNSET

from jobqueue_exporter import health
from jobqueue_exporter.health import Check, Status, Verdict
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import LaneJobs, Snapshot, State
from jobqueue_exporter.web.api import documents
from jobqueue_exporter.web.api.operation import Asked, Reply
from jobqueue_exporter.web.api.reading import snapshots

LONGEST_MESSAGE = 1_000
_BAD = (Status.FAILED, Status.WARNING)

Found = Sequence[tuple[Snapshot, Verdict]]


async def alive(_: Asked) -> Reply:
    """That we answer; no source is touched."""
    return Reply(documents.Alive(ok=True))


async def ready(asked: Asked) -> Reply:
    """The verdict on the sources that were asked for: 503 when one of them has failed."""
    now = time.time()
    found = [(one, health.of(one, asked.site.config, now=now)) for one in await snapshots(asked)]
    ok = health.worst(verdict.status for _, verdict in found) is not Status.FAILED
    document = _detail(found, now, ok=ok) if asked.query.detail == "1" else documents.Ready(ok=ok)
    return Reply(document, 200 if ok else 503)


def _detail(found: Found, now: float, *, ok: bool) -> documents.Ready:
    readiness = any(check.name == "readiness" for _, verdict in found for check in verdict.checks)
    return documents.Ready(
        ok=ok,
        timestamp=datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        checks=documents.Checks(
            db=_check(found, "db"),
            worker=_check(found, "worker"),
            queue=_check(found, "queue"),
            dlq=_check(found, "dlq"),
            readiness=_check(found, "readiness") if readiness else UNSET,
        ),
        queue=_queue(found),
        ffmpeg=_check(found, "binary"),
    )


def _check(found: Found, name: str) -> documents.Check:
    """A check at its worst; one that cannot be made, as its source is down, has not gone well either."""
    every = [(one, check) for one, verdict in found for check in verdict.checks if check.name == name]
    failed = [each for each in every if each[1].status is Status.FAILED] or [each for each in every if not each[0].up]
    status = health.worst(check.status for _, check in every)
    these = failed or [each for each in every if each[1].status is status]
    told = [(one.source, check) for one, check in these]
    return documents.Check(ok=not failed, message=_message(told, alone=len(found) == 1))


def _message(these: Sequence[tuple[str, Check]], *, alone: bool) -> str:
    """What those say whose status is the worst; of many that are well, the first stands for all."""
    if not these:
        return "No source is read."
    source, check = these[0]
    message = line(check.message, LONGEST_MESSAGE)
    if alone:
        return message
    more = len(these) - 1 if check.status in _BAD else 0
    rest = f" The same check is {check.status} in {more} more." if more else ""
    return f"{line(source, LONGEST_MESSAGE)}: {message}{rest}"


def _queue(found: Found) -> documents.Queue:
    lanes = [_waiting(snapshot) for snapshot, _ in found]
    counts = [each.counts.get(State.PENDING) for part in lanes for each in part or ()]
    known = [count for count in counts if count is not None]
    ages = [each.oldest_pending_seconds for part in lanes for each in part or ()]
    told = all(snapshot.up for snapshot, _ in found) and (bool(known) or any(part == [] for part in lanes))
    checks = [check for _, verdict in found for check in verdict.checks if check.name == "queue"]
    return documents.Queue(
        length=sum(known) if told else None,
        oldestJobAge=max((age for age in ages if age), default=None) if told else None,
        warning=health.worst(check.status for check in checks) in _BAD,
    )


def _waiting(snapshot: Snapshot) -> list[LaneJobs] | None:
    """The lanes whose jobs should be taken, those of paused queues left out; None where no lanes are told."""
    lanes, paused = snapshot.facts.lanes, snapshot.facts.paused or {}
    return None if lanes is None else [jobs for lane, jobs in lanes.items() if not paused.get(lane.queue)]
