"""Options that choose among dead jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, TypeVar

import click

from jobqueue_exporter.cli import options

if TYPE_CHECKING:
    from jobqueue_exporter.engines.operations import Wanted

# Any: a command of click takes its options by keyword, whatever they are.
F = TypeVar("F", bound=Callable[..., Any])


class _Text(click.ParamType[str]):
    """A text that is not blank: every error holds an empty one, and an unset variable of a shell is one."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text."""
        if not str(value).strip():
            self.fail("it is empty, which every error would match; leave it out, or say what to look for", param, ctx)
        return str(value)


_CAUSES = click.Choice(["recoverable", "user_error", "system_error", "unknown"])
_STATUSES = click.Choice(["pending", "retry_scheduled", "recovered", "abandoned"])
_NARROWING = (
    options.queue,
    options.kind,
    click.option("--cause", type=_CAUSES, help="Only jobs that died of this."),
    click.option("--older-than", type=options.Age(), metavar="AGE", help="Only jobs dead for longer, as 90s, 2h, 3d."),
    click.option(
        "--match", type=_Text(), metavar="TEXT", help="Only jobs whose error holds this text, in upper or lower case."
    ),
)
_STATUS = click.option("--status", type=_STATUSES, help="From a table of dead jobs, those whose recovery is so far.")


class Filters(TypedDict):
    """What they were given."""

    queue: str | None
    kind: str | None
    cause: str | None
    older_than: float | None
    match: str | None
    status: NotRequired[str | None]


def filters(command: F) -> F:
    """Gives a command these options."""
    return narrowing(_STATUS(command))


def narrowing(command: F) -> F:
    """Gives a command those that any table of jobs can answer: all but --status."""
    for option in reversed(_NARROWING):
        command = option(command)
    return command


def wanted(
    chosen: Filters,
    *,
    newest: bool = False,
    after: str | None = None,
    limit: int | None = None,
    whole: bool = False,
) -> Wanted:
    """The dead jobs that were chosen."""
    from jobqueue_exporter.engines.operations import Wanted
    from jobqueue_exporter.model import Cause, RecoveryState, State

    return Wanted(
        state=State.DEAD_LETTER,
        recovery=RecoveryState(status) if (status := chosen.get("status")) else None,
        queue=chosen["queue"],
        kind=chosen["kind"],
        cause=Cause(chosen["cause"]) if chosen["cause"] else None,
        older_than=chosen["older_than"],
        match=chosen["match"],
        newest=newest,
        after=after,
        limit=limit,
        whole=whole,
    )
