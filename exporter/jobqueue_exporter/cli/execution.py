"""An order carried out on jobs while a person looks on: told, logged, and stopped when asked."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import click

from jobqueue_exporter.cli import audit
from jobqueue_exporter.cli.interrupts import Interrupts
from jobqueue_exporter.cli.progress import Bar
from jobqueue_exporter.cli.report import Report
from jobqueue_exporter.cli.writing import Place
from jobqueue_exporter.engines.operations import Change, Order
from jobqueue_exporter.masking import line
from jobqueue_exporter.operate import campaign
from jobqueue_exporter.operate.campaign import Pace

_TEXT = 300


def carried_out(
    place: Place,
    order: Order,
    ids: Iterable[str],
    total: int,
    pace: Pace,
    *,
    as_json: bool,
    left: tuple[Change, ...] = (),
) -> int:
    """Carries it out on these jobs, and tells what became of them and of those `left` alone before; the exit code.

    `total` counts both. Raises KeyboardInterrupt after telling, when it was told to end at once.
    """
    report = Report(place, order, total, as_json=as_json)
    report.add(left)
    stopped = ""
    try:
        with Interrupts() as stop, Bar(order.operation, total) as bar:
            for step in campaign.carried_out(place.operator, order, ids, pace, stop, time.monotonic):
                # The log first: it must not be missing because stdout is gone.
                audit.written(place.source.name, order, step.changes)
                report.add(step.changes)
                bar.add(len(step.changes))
                stopped = step.text if step.stopped else stopped
                if step.text and not step.stopped:
                    click.echo(line(step.text, _TEXT), file=sys.stderr)
    except KeyboardInterrupt:
        report.end("ended at once")
        raise
    return report.end(stopped)
