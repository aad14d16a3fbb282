"""Jobs that a person names by their ids, shown, asked about and changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import asking, audit, execution, ids
from jobqueue_exporter.cli.console import wrapped
from jobqueue_exporter.cli.write_options import Given
from jobqueue_exporter.cli.writing import Place, opened
from jobqueue_exporter.engines.operations import BATCH, Operation, Order
from jobqueue_exporter.operate.campaign import Pace

if TYPE_CHECKING:
    from jobqueue_exporter.engines.operations import Job

# One id after the other was named by hand: there is nothing to wait for between batches.
AT_ONCE = Pace(batch=BATCH, pause_seconds=0)
AGAIN = "a requeued job runs again from its start: what it did before it died, it does once more"


def by_ids(operation: Operation, named: Sequence[str], given: Given) -> None:
    """Changes the jobs of these ids once a person agrees, and exits with 1 unless all were changed."""
    chosen = ids.given(named)
    with opened(given["path"], given["name"], operation) as place:
        if not given["dry_run"] and not _agreed(place, operation, chosen, yes=given["yes"]):
            click.echo("nothing was changed", err=True)
            code = 1
        else:
            order = ordered(operation, given)
            code = execution.carried_out(place, order, chosen, len(chosen), AT_ONCE, as_json=given["output"] == "json")
    click.get_current_context().exit(code)


def ordered(operation: Operation, given: Given) -> Order:
    """The order in the name of who is at the keyboard."""
    return Order(operation=operation, who=audit.who(), reason=given["reason"], dry_run=given["dry_run"])


def counted(count: int) -> str:
    """As `1 job` or `2,000 jobs`."""
    return f"{count:,} job{'' if count == 1 else 's'}"


def shown(place: Place, jobs: Iterable[Job], total: int) -> None:
    """Shows the first of the jobs that will be changed, on stderr."""
    sample = tuple(islice(jobs, asking.SAMPLES))
    if sample:
        asking.sample(sample, place.operator.clock)
    if 0 < len(sample) < total:
        click.echo(f"… and {total - len(sample):,} more", err=True)


def _agreed(place: Place, operation: Operation, chosen: Sequence[str], *, yes: bool) -> bool:
    if yes:
        return True
    asking.somebody()
    shown(place, place.operator.look(chosen[: asking.SAMPLES]), len(chosen))
    if note := AGAIN if operation is Operation.REQUEUE else place.forgets(operation):
        click.echo(wrapped(f"note: {note}", "  ", stderr=True), err=True)
    what = f"{operation.capitalize()} {counted(len(chosen))} of source {place.source.name}?"
    return asking.agreed(what)
