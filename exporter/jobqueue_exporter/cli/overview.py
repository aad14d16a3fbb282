"""What `jobs stats` and `jobs watch` tell of a source, from the same Snapshot as /metrics."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from jobqueue_exporter.cli import lane_counts, verdicts
from jobqueue_exporter.cli.documents import stats
from jobqueue_exporter.cli.next_command import Commands
from jobqueue_exporter.cli.times import absolute
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.health import Status
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import Binary, Snapshot, Workers
from jobqueue_exporter.operate import advice

LONGEST_NAME = 200
_LONGEST_NOTICE = 1_000
_MOST_NOTICES = 20


def stats_of(sources: Sequence[stats.Source]) -> stats.Stats:
    """All sources, and the status of the worst."""
    status = verdicts.worst(Status(one.status) for one in sources)
    return stats.Stats(status=status, at=absolute(time.time()) or "", sources=tuple(sources))


def source(
    snapshot: Snapshot,
    config: Config,
    failures: Iterable[stats.Failure] | None,
    *,
    path: Path | None = None,
    everything: bool = False,
) -> stats.Source:
    """One source; `failures` are the jobs that died lately, None where they cannot be listed.

    `path` is the configuration that was named. With `everything`, lanes that are empty too.
    """
    verdict = verdicts.of(snapshot, config)
    every = lane_counts.lanes(snapshot)
    shown = every if everything else [one for one in every if lane_counts.any_jobs(one.jobs)]
    notices = dict.fromkeys(snapshot.facts.notices or ())
    return stats.Source(
        source=snapshot.source,
        engine=snapshot.engine,
        up=snapshot.up,
        status=verdict.status,
        read_at=absolute(snapshot.read_at) or "",
        checks=verdicts.checks(verdict),
        jobs=lane_counts.total(snapshot),
        at_least=tuple(state for state, capped in (snapshot.facts.capped or {}).items() if capped),
        lanes=tuple(shown),
        empty_lanes=len(every) - len(shown),
        workers=_workers(snapshot),
        binaries=_binaries(snapshot, config),
        failures=None if failures is None else tuple(failures),
        advice=_advice(advice.of(snapshot, verdict), commands(snapshot.source, config, path)),
        notices=tuple(line(one, _LONGEST_NOTICE) for one in list(notices)[:_MOST_NOTICES]),
    )


def clock(snapshot: Snapshot) -> float:
    """The source's clock when it was read, in Unix seconds; our own where it is not known."""
    return snapshot.read_at + (snapshot.clock_skew_seconds or 0.0)


def commands(source: str, config: Config, path: Path | None) -> Commands:
    """Commands about this source; `path` is the configuration that was named."""
    return Commands(path, source if len(config.sources) > 1 else None)


def _advice(found: Iterable[advice.Advice], made: Commands) -> tuple[stats.Advice, ...]:
    return tuple(stats.Advice(text=one.text, command=made.pasted(one.command) if one.command else "") for one in found)


def _workers(snapshot: Snapshot) -> stats.Workers | None:
    found = snapshot.facts.workers
    if found is None:
        return None
    beat = found.newest_heartbeat
    return stats.Workers(
        live=found.live,
        stale=found.stale,
        newest_heartbeat=absolute(beat),
        newest_heartbeat_age_seconds=None if beat is None else max(clock(snapshot) - beat, 0.0),
        slots=None if found.slots is None else sum(found.slots.values()),
        busy=None if found.busy is None else sum(found.busy.values()),
        by_queue=_by_queue(found),
    )


def _by_queue(found: Workers) -> dict[str, int] | None:
    if found.by_queue is None:
        return None
    return {line(queue, LONGEST_NAME): count for queue, count in found.by_queue.items()}


def _binaries(snapshot: Snapshot, config: Config) -> tuple[stats.Binary, ...]:
    """Those that were seen, and those that are required but nobody reports."""
    required = next((one.binaries for one in config.sources if one.name == snapshot.source), ())
    seen = snapshot.facts.binaries or ()
    told = tuple(_binary(one, one.name in required) for one in sorted(seen, key=lambda one: (one.name, one.place)))
    names = {one.name for one in seen}
    untold = (name for name in required if name not in names)
    return (*told, *(stats.Binary(name=name, required=True, place=None, available=None) for name in untold))


def _binary(one: Binary, required: bool) -> stats.Binary:
    name = line(one.name, LONGEST_NAME)
    return stats.Binary(name=name, required=required, place=one.place, available=one.available)
