"""An order carried out on jobs while a person looks on: told, logged, and stopped when asked."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import click
import msgspec

from jobqueue_exporter import engines
from jobqueue_exporter.cli import audit
from jobqueue_exporter.cli.interrupts import Interrupts
from jobqueue_exporter.cli.progress import Bar
from jobqueue_exporter.cli.report import Report
from jobqueue_exporter.cli.writing import Place
from jobqueue_exporter.engines.operations import Change, Operator, Order
from jobqueue_exporter.masking import line
from jobqueue_exporter.operate import campaign
from jobqueue_exporter.operate.campaign import Pace, Step
from jobqueue_exporter.operate.selection import Selection

_TEXT = 300
_WOULD_LINES = 3


def carried_out(
    place: Place,
    order: Order,
    ids: Sequence[str] | Selection,
    total: int,
    pace: Pace,
    *,
    as_json: bool,
    left: tuple[Change, ...] = (),
) -> int:
    """Carries it out on these jobs, and tells what became of them and of those `left` alone before; the exit code.

    `total` counts both. When nobody reads stdout any more, it stops after the batch under way. Raises
    KeyboardInterrupt after telling, when it was told to end at once.
    """
    # Of those that were chosen, some were shown already.
    most = _WOULD_LINES if order.dry_run and isinstance(ids, Selection) else None
    report = Report(place, order, total, as_json=as_json, most=most)
    report.add(left)
    tried, stopped = 0, ""
    try:
        with _witness(place) as witness, Interrupts() as stop, Bar(order.operation, total) as bar:
            steps = campaign.carried_out(place.operator, order, ids, pace, stop, time.monotonic, witness)
            while not report.closed and (step := next(steps, None)):
                tried += len(step.changes)
                # The log first: it must not be missing because stdout is gone.
                audit.written(place.source.name, order, step.changes)
                _told(report, step)
                bar.add(len(step.changes))
                stopped = step.text if step.stopped else stopped
    except KeyboardInterrupt:
        report.end("ended at once", _untouched(ids, tried))
        raise
    return report.end(stopped, _untouched(ids, tried))


def _told(report: Report, step: Step) -> None:
    report.add(step.changes)
    if step.again is not None:
        report.looked(step.again)
    if step.text and not step.stopped:
        click.echo(line(step.text, _TEXT), file=sys.stderr)


def _untouched(ids: Sequence[str] | Selection, tried: int) -> tuple[str, ...]:
    """Those that came after what was tried: all that a person named, or the first of those that were chosen."""
    return tuple(islice(iter(ids), tried, tried + 1 if isinstance(ids, Selection) else None))


@contextmanager
def _witness(place: Place) -> Iterator[Operator]:
    """Who looks what became of jobs that were changed, there where they were changed."""
    source = place.source
    if source.write_dsn is None or source.write_dsn == source.dsn:
        yield place.operator
        return
    operator = engines.operator(msgspec.structs.replace(source, dsn=source.write_dsn))
    try:
        yield operator
    finally:
        operator.close()
