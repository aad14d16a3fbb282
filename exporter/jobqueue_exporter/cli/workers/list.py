"""`jobqueue workers list`: every worker that is known."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import options

if TYPE_CHECKING:
    from jobqueue_exporter.cli.operators import Opened, Operators
    from jobqueue_exporter.engines.operations import WorkerProcess

_NOTHING = "-"
_FLEXIBLE = ("queues", "version", "missing")

EXAMPLES = """\b
Examples:
  jobqueue workers list
  jobqueue workers list --output json | jq '.sources[].workers[] | select(.live | not)'
"""

_Known = tuple["Opened", "Sequence[WorkerProcess] | None", float]


@click.command("list", epilog=EXAMPLES)
@options.config
@options.sources
@options.output
def list_(*, path: Path | None, names: tuple[str, ...], output: str) -> None:
    """List every worker that is known: heartbeat, busy slots, how many jobs it holds, queues, version, missing
    programs. Which jobs those are, `jobqueue workers kill ID` and --output json say.

    Those with the newest heartbeat come first. Where only job rows tell of workers, idle ones leave no trace.

    Exits with 0, with 1 when a source cannot be asked, with 2 when the configuration is wrong.
    """
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.cli.documents.workers import SourceWorkers, Workers
    from jobqueue_exporter.cli.operators import operators
    from jobqueue_exporter.cli.worker_documents import worker
    from jobqueue_exporter.config.load import load

    with operators(load(path, os.environ), names, path) as opened:
        known = list(_known(opened))
    if output == "json":
        told = [
            SourceWorkers(source=one.name, workers=None if found is None else tuple(map(worker, found)))
            for one, found, _ in known
        ]
        write.document(Workers(sources=tuple(told)))
    else:
        _tell(known)
    if opened.failed:
        click.get_current_context().exit(1)


def _known(opened: Operators) -> Iterable[_Known]:
    from jobqueue_exporter.errors import SourceError

    for one in opened:
        try:
            found = one.operator.workers()
            yield one, None if found is None else list(found), one.operator.clock
        except SourceError as error:
            opened.lost(one.name, error)


def _tell(known: Sequence[_Known]) -> None:
    from jobqueue_exporter.cli.console import table

    rows: list[list[str]] = []
    for one, found, now in known:
        named = [one.name] if one.named else []
        if found is None:
            more = one.commands.pasted("workers status")
            click.echo(f"{one.name}: workers cannot be seen here; `{more}` says more", err=True)
        elif not found:
            click.echo(f"{one.name}: no worker is known", err=True)
        rows += [[*named, *_row(each, now)] for each in found or ()]
    source = ["source"] if any(one.named for one, *_ in known) else []
    columns = [*source, "id", "state", "heartbeat", "busy", "holds", "queues", "version", "missing"]
    # What no worker tells of has no column.
    told = [index for index in range(len(columns)) if any(row[index] != _NOTHING for row in rows)]
    if rows:
        cells = ([row[index] for index in told] for row in rows)
        table([columns[index] for index in told], cells, right=("busy", "holds"), flexible=_FLEXIBLE)


def _row(one: WorkerProcess, now: float) -> list[str]:
    from jobqueue_exporter.cli.times import relative

    slots = None if one.slots is None and one.busy is None else f"{_number(one.busy)}/{_number(one.slots)}"
    return [
        one.id,
        "live" if one.live else "stale",
        relative(one.heartbeat_at, now),
        slots or _NOTHING,
        f"{len(one.jobs)} job{'' if len(one.jobs) == 1 else 's'}" if one.jobs else _NOTHING,
        ", ".join(one.queues or ()) or _NOTHING,
        one.version or _NOTHING,
        ", ".join(name for name, there in one.binaries.items() if not there) or _NOTHING,
    ]


def _number(number: int | None) -> str:
    return "?" if number is None else str(number)
