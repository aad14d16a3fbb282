"""`jobqueue dlq stats`: how many jobs are dead, since when, why, and how recovery goes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import logs, options

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents import dlq
    from jobqueue_exporter.model import Lane, LaneJobs, Snapshot

_NAME = 80
_DAY = "24h"

EXAMPLES = """\b
Examples:
  jobqueue dlq stats
  jobqueue dlq stats --output json | jq '.sources[].dead'
"""


@click.command(epilog=EXAMPLES)
@options.config
@options.sources
@options.output
def stats(*, path: Path | None, names: tuple[str, ...], output: str) -> None:
    """Count dead jobs: by queue and kind, of the last 24 hours, by cause, and how recovery goes.

    The numbers are those that a scrape would tell now. A dash is what a source cannot tell.

    Exits with 0 when every source could be read, with 1 when one could not, with 2 when the configuration is
    wrong.
    """
    import time

    from jobqueue_exporter.cli.documents import dlq, write
    from jobqueue_exporter.cli.snapshots import snapshots
    from jobqueue_exporter.cli.times import absolute
    from jobqueue_exporter.config.load import load

    with logs.sources_told_elsewhere():
        found = tuple(_source(snapshot) for snapshot in snapshots(load(path, os.environ), names))
    if output == "json":
        write.document(dlq.Stats(at=absolute(time.time()) or "", sources=found))
    else:
        for index, source in enumerate(found):
            _tell(source, first=index == 0)
    for source in found:
        if source.error:
            click.echo(f"{source.source}: {source.error}", err=True)
    if not all(source.up and not source.error for source in found):
        click.get_current_context().exit(1)


def _source(snapshot: Snapshot) -> dlq.Source:
    from jobqueue_exporter.cli.documents import dlq
    from jobqueue_exporter.model import State

    facts = snapshot.facts
    counts = {lane: jobs.counts.get(State.DEAD_LETTER) for lane, jobs in (facts.lanes or {}).items()}
    known = [count for count in counts.values() if count is not None]
    lanes = [_lane(snapshot, lane, jobs) for lane, jobs in (facts.lanes or {}).items() if counts[lane]]
    return dlq.Source(
        source=snapshot.source,
        up=snapshot.up,
        error=snapshot.error or "; ".join(_failures(snapshot)),
        dead=sum(known) if known or (snapshot.up and facts.lanes == {}) else None,
        at_least=bool((facts.capped or {}).get(State.DEAD_LETTER)),
        lanes=tuple(sorted(lanes, key=lambda lane: (-lane.dead, lane.queue, lane.kind))),
        recovery=_recovery(snapshot),
    )


def _failures(snapshot: Snapshot) -> Iterator[str]:
    """Why parts of what is told here could not be read."""
    for part in snapshot.collectors:
        if not part.success and part.name in ("dead_letters", "recovery"):
            yield f"{part.name}: {part.error}"


def _lane(snapshot: Snapshot, lane: Lane, jobs: LaneJobs) -> dlq.Lane:
    from jobqueue_exporter.cli.documents import dlq
    from jobqueue_exporter.model import State

    letters = (snapshot.facts.dead_letters or {}).get(lane)
    return dlq.Lane(
        queue=lane.queue,
        kind=lane.kind,
        dead=jobs.counts.get(State.DEAD_LETTER, 0),
        last_24h=None if letters is None or letters.recent is None else letters.recent.get(_DAY),
        attempts_average=None if letters is None else letters.attempts_average,
        causes=None if letters is None else {cause: count for cause, count in letters.causes.items() if count},
        oldest_seconds=jobs.oldest_dead_letter_seconds,
    )


def _recovery(snapshot: Snapshot) -> dlq.Recovery | None:
    from jobqueue_exporter.cli.documents import dlq

    found = snapshot.facts.recovery
    if found is None:
        return None
    jobs: dict[str, int] = dict(found.jobs.items())
    return dlq.Recovery(jobs=jobs, oldest_pending_seconds=found.oldest_pending_seconds)


def _tell(source: dlq.Source, *, first: bool) -> None:
    from jobqueue_exporter.cli import console

    if not first:
        click.echo()
    console.heading(f"source {source.source}: {_total(source)}")
    if source.lanes:
        columns = ("queue", "kind", "dead", "last 24 h", "attempts", "oldest", "causes")
        console.table(columns, (_row(lane) for lane in source.lanes), right=columns[2:6], flexible=("queue", "kind"))
    if source.recovery is not None:
        told = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in source.recovery.jobs.items())
        oldest = _age(source.recovery.oldest_pending_seconds)
        console.facts([("recovery", told or "none"), ("oldest pending", "" if oldest == "-" else oldest)])


def _total(source: dlq.Source) -> str:
    if not source.up:
        return "cannot be read"
    if source.dead is None:
        return "cannot tell how many jobs are dead"
    if source.dead == 0:
        return "no dead jobs"
    return f"{'at least ' if source.at_least else ''}{source.dead:,} dead job{'' if source.dead == 1 else 's'}"


def _row(lane: dlq.Lane) -> tuple[str, ...]:
    from jobqueue_exporter.masking import line

    causes = sorted((lane.causes or {}).items(), key=lambda pair: -pair[1])
    return (
        line(lane.queue, _NAME),
        line(lane.kind, _NAME) or "-",
        f"{lane.dead:,}",
        "-" if lane.last_24h is None else f"{lane.last_24h:,}",
        "-" if lane.attempts_average is None else f"{lane.attempts_average:.1f}",
        _age(lane.oldest_seconds),
        ", ".join(f"{count:,} {cause}" for cause, count in causes) or "-",
    )


def _age(seconds: float | None) -> str:
    from jobqueue_exporter.durations import human

    return "-" if not seconds else human(seconds)
