"""`jobqueue jobs history`: what happened to one job, in order."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import options

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents.history import History
    from jobqueue_exporter.engines.operations import Detail

_WORD = 60
_TEXT = 500

EXAMPLES = """\b
Examples:
  jobqueue jobs history 7
  jobqueue jobs history 7 --output json | jq -r '.steps[] | "\\(.at) \\(.what)"'
"""


@click.command(epilog=EXAMPLES)
@click.argument("job_id", metavar="ID")
@options.config
@options.sources
@options.full
@options.output
def history(*, job_id: str, path: Path | None, names: tuple[str, ...], full: bool, output: str) -> None:
    """Show what happened to the job ID, the oldest first, with the time since the step before.

    Told by the engine's events where it keeps them, else by what the row of the job still says: that forgets
    earlier attempts.

    Exits with 0 when it was found, with 1 when there is no such job or no source could be asked, with 2 on wrong
    usage, also when several sources have a job of this id.
    """
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.cli.operators import operators
    from jobqueue_exporter.config.load import load

    with operators(load(path, os.environ), names, path) as opened:
        one, detail = opened.found(job_id)
        made = _history(one.name, detail, full=full)
        if output == "json":
            write.document(made)
        else:
            _tell(made, detail, one.named)


def _history(source: str, detail: Detail, *, full: bool) -> History:
    from jobqueue_exporter.cli.documents.history import History, Step
    from jobqueue_exporter.cli.times import absolute
    from jobqueue_exporter.masking import line, masked
    from jobqueue_exporter.operate.timeline import timeline

    told = timeline(detail)
    apart = [None, *(later[0] - earlier[0] for earlier, later in pairwise(told))]
    steps = (
        Step(
            at=absolute(at) or "",
            after_seconds=after,
            what=line(what, _WORD),
            text=line(text, len(text) + 1) if full else line(masked(text), _TEXT),
        )
        for (at, what, text), after in zip(told, apart, strict=True)
    )
    job = detail.job
    told_by = "events" if detail.events else "row"
    return History(source=source, id=job.id, state=job.state, word=job.word, told_by=told_by, steps=tuple(steps))


def _tell(made: History, detail: Detail, named: str | None) -> None:
    from rich.text import Text

    from jobqueue_exporter.cli.check_lines import hanging
    from jobqueue_exporter.cli.console import console
    from jobqueue_exporter.cli.times import both
    from jobqueue_exporter.durations import human
    from jobqueue_exporter.masking import line
    from jobqueue_exporter.operate.timeline import timeline

    out = console()
    state = made.state or line(made.word, _WORD)
    where = f" in {named}" if named else ""
    out.print(Text.assemble((f"job {line(made.id, 200)}", "bold"), f"{where}: now {state}"))
    for step, (at, *_) in zip(made.steps, timeline(detail), strict=True):
        since = "" if step.after_seconds is None else f"+{human(step.after_seconds)}"
        out.print(Text.assemble(f"  {both(at, detail.now):<40}", (f"{since:<9}", "cyan"), (step.what, "bold")))
        for text in hanging([("    ", "")], step.text, out.width) if step.text else ():
            out.print(text)
    out.print()
    out.print(_whence(made, detail))


def _whence(made: History, detail: Detail) -> str:
    if made.told_by == "events":
        return "Told by the events that its engine keeps, and by its row where that says so."
    if detail.events is None:
        return "Told by the row of the job alone, which forgets earlier attempts: its engine keeps no events."
    return "Told by the row of the job alone: there are no events of it."
