"""The options that all commands have that change jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from jobqueue_exporter.cli import options

# Any: a command of click takes its options by keyword, whatever they are.
F = TypeVar("F", bound=Callable[..., Any])


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
    for option in (options.config, options.source, options.output, options.dry_run, options.yes, options.reason):
        command = option(command)
    return command
