"""`jobqueue workers kill`: how one worker is stopped, and what becomes of its jobs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import options

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents.workers import Kill
    from jobqueue_exporter.cli.operators import Opened, Operators
    from jobqueue_exporter.engines.operations import WorkerProcess

_SHOWN_JOBS = 20
_ID = 200

EXAMPLES = """\b
Examples:
  jobqueue workers kill worker-1:1234:1699999999
  jobqueue workers kill --output json web-7:4711 | jq -r '.ways[] | select(.platform == "process") | .command'
"""


@click.command(epilog=EXAMPLES)
@click.argument("worker", metavar="ID")
@options.config
@options.sources
@options.output
def kill(*, worker: str, path: Path | None, names: tuple[str, ...], output: str) -> None:
    """Print how the worker ID is stopped gracefully, what it holds, and what becomes of that.

    It stops nothing itself: no engine lets us end a worker, so the commands printed are for you to run, where the
    worker runs. Process and host are taken from ids such as worker-1:1234:1699999999 or host:1234.

    Exits with 0 when the worker is known, with 1 when it is not (ids like it are named) or a source could not be
    asked, with 2 on wrong usage.
    """
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.cli.operators import operators
    from jobqueue_exporter.config.load import load

    if not worker.strip():
        raise click.BadParameter("it is empty; `jobqueue workers list` names the workers", param_hint="ID")
    with operators(load(path, os.environ), names, path) as opened:
        one, found, now = _found(opened, worker)
    if output == "json":
        write.document(_document(one, found))
    else:
        _tell(one, _document(one, found), found, now)


def _found(opened: Operators, wanted: str) -> tuple[Opened, WorkerProcess, float]:
    """The worker of this id; raises JobQueueError where none is known."""
    from jobqueue_exporter.cli.worker_documents import near
    from jobqueue_exporter.errors import JobQueueError, SourceError
    from jobqueue_exporter.masking import line

    known: list[str] = []
    for one in opened:
        try:
            for each in one.operator.workers() or ():
                if each.id == wanted:
                    return one, each, one.operator.clock
                known.append(each.id)
        except SourceError as error:
            opened.lost(one.name, error)
    asked = ", ".join(one.name for one in opened if one.name not in opened.failed)
    like = [line(each, _ID) for each in near(wanted, known)]
    hint = f"; like it: {', '.join(like)}" if like else "; `jobqueue workers list` names those that are known"
    raise JobQueueError(f"no worker {line(wanted, _ID)} is known{f' in {asked}' if asked else ''}{hint}")


def _document(one: Opened, found: WorkerProcess) -> Kill:
    from jobqueue_exporter.cli.documents.workers import Kill
    from jobqueue_exporter.cli.worker_address import address, ways
    from jobqueue_exporter.cli.worker_documents import worker

    where = address(found.id)
    return Kill(
        source=one.name,
        worker=worker(found),
        host=where.host,
        pid=where.pid,
        ways=tuple(ways(where)),
        lease_seconds=float(one.source.lease),
        stopped=False,
    )


def _tell(one: Opened, made: Kill, found: WorkerProcess, now: float) -> None:
    from jobqueue_exporter.cli.check_lines import folded
    from jobqueue_exporter.cli.console import console, facts, heading
    from jobqueue_exporter.cli.times import both
    from jobqueue_exporter.masking import line

    heading(f"{line(found.id, _ID)}: {'live' if found.live else 'stale'}")
    shown = [line(job, _ID) for job in found.jobs[:_SHOWN_JOBS]]
    more = len(found.jobs) - len(shown)
    facts(
        [
            ("source", one.name),
            ("heartbeat", both(found.heartbeat_at, now) or "not known"),
            ("started", both(found.started_at, now)),
            ("holds", "\n".join([*shown, *([f"and {more} more"] if more else [])]) or "no job that is known"),
        ]
    )
    click.echo("\nNothing has been stopped: run the command that fits, where this worker runs.")
    width = console().width
    facts([(way.platform, way.command) for way in made.ways])
    if made.pid is None:
        click.echo("Its id tells neither host nor process: put them in for NAME and PID.")
    elif made.host:
        text = f"{made.host} and {made.pid} are taken from its id: see first that they are what runs there."
        click.echo(folded(text, width))
    text, command = _after(one, found)
    click.echo(f"\n{folded(text, width)}")
    if command:
        click.echo(f"  {command}")


def _after(one: Opened, found: WorkerProcess) -> tuple[str, str]:
    """What becomes of the jobs that it holds, and the command for that; empty where none is needed."""
    from jobqueue_exporter.durations import human
    from jobqueue_exporter.engines.operations import Operation

    if not found.jobs:
        return "It holds no job that is known, so none is lost.", ""
    text = (
        "Asked by SIGTERM, a worker that can finishes or gives back what it holds. What it leaves behind stays "
        f"running until its lease ({human(one.source.lease)} after the last heartbeat) is over; "
    )
    if Operation.RECLAIM in one.offers:
        return f"{text}then others get it by:", one.commands.pasted("jobs reclaim --dry-run")
    return f"{text}then this engine's own workers take it back.", ""
