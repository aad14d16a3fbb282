"""The options that all commands have that change jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from jobqueue_exporter.cli import options

# Any: a command of click takes its options by keyword, whatever they are.
F = TypeVar("F", bound=Callable[..., Any])

_REASON = click.option(
    "--reason",
    default="",
    metavar="TEXT",
    help="Why; written down with your name in the engine's records, or on stderr where its engine keeps no record: "
    "redirect it to keep it.",
)


class Given(TypedDict):
    """What they were given."""

    path: Path | None
    name: str | None
    reason: str
    yes: bool
    dry_run: bool
    output: str


def writing(command: F) -> F:
    """Gives a command these options."""
    for option in (options.config, options.source, options.output, options.dry_run, options.yes, _REASON):
        command = option(command)
    return command
