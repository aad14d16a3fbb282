"""Jobs that were chosen by what they have in common, shown, asked about and changed."""

from __future__ import annotations

import click

from jobqueue_exporter.cli import asking, execution
from jobqueue_exporter.cli.console import wrapped
from jobqueue_exporter.cli.orders import counted, ordered
from jobqueue_exporter.cli.pace_options import Paced
from jobqueue_exporter.cli.selection_lines import lines
from jobqueue_exporter.cli.write_options import Given
from jobqueue_exporter.cli.writing import Place, opened
from jobqueue_exporter.engines.operations import Operation, Wanted
from jobqueue_exporter.operate.campaign import Pace
from jobqueue_exporter.operate.selection import Selection, chosen

_LISTED = 10_000
LATER = "jobs given back may still die later; --canary waits for the outcome of a few before the rest"


def carried_out(operation: Operation, wanted: Wanted, given: Given, paced: Paced | None = None) -> None:
    """Changes the jobs that are wanted once a person agrees, and exits with 1 unless all were changed."""
    with (
        opened(given["path"], given["name"], operation) as place,
        chosen(place.operator, wanted, _progress) as selection,
    ):
        if _agreed(place, operation, selection, given):
            code = execution.carried_out(
                place,
                ordered(operation, given),
                selection,
                selection.count,
                Pace() if paced is None else _pace(paced),
                as_json=given["output"] == "json",
            )
            if operation is Operation.REQUEUE and selection.count and not given["dry_run"]:
                look = place.command("dlq stats")
                click.echo(wrapped(f"note: {LATER}; to look: {look}", "  ", stderr=True), err=True)
        else:
            click.echo("nothing was changed", err=True)
            code = 1
    click.get_current_context().exit(code)


def _agreed(place: Place, operation: Operation, selection: Selection, given: Given) -> bool:
    """Whether to go on, after showing what was chosen: on stdout where that is all a person asked for."""
    stderr = not (given["dry_run"] and given["output"] == "text")
    now = place.operator.clock
    for text in lines(place.source.name, operation, selection, now):
        click.echo(wrapped(text, "          " if text.startswith("  ") else "  ", stderr=stderr), err=stderr)
    if selection.samples:
        asking.sample(selection.samples, now, stderr=stderr)
    if given["dry_run"] or given["yes"] or not selection.count:
        return True
    what = f"{operation.capitalize()} {counted(selection.count)} of source {place.source.name}?"
    return asking.agreed(what)


def _pace(paced: Paced) -> Pace:
    return Pace(
        batch=paced["batch"],
        pause_seconds=paced["pause"],
        canary=paced["canary"],
        canary_seconds=paced["canary_timeout"],
        most_dead_again=paced["max_dead_again"],
    )


def _progress(count: int) -> None:
    if count % _LISTED == 0:
        click.echo(f"{count:,} found so far", err=True)
