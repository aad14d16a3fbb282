"""The options that say how fast many jobs are changed, and when to stop by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

from jobqueue_exporter.cli.options import Age

# Any: a command of click takes its options by keyword, whatever they are.
F = TypeVar("F", bound=Callable[..., Any])

_LARGEST_BATCH = 1_000


class _Pause(Age):
    """A span as above, or none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Its seconds."""
        return 0.0 if value in ("0", "0s") else super().convert(value, param, ctx)


_OPTIONS = (
    click.option("--canary", type=click.IntRange(0, 100), default=0, help="So many first, and wait for their outcome."),
    click.option(
        "--canary-timeout", type=Age(), default="10m", show_default=True, metavar="AGE", help="Wait so long for it."
    ),
    click.option("--batch", type=click.IntRange(1, _LARGEST_BATCH), default=100, show_default=True, help="At a time."),
    click.option(
        "--pause", type=_Pause(), default="1s", show_default=True, metavar="AGE", help="Between batches; 0s: none."
    ),
    click.option(
        "--max-dead-again",
        type=click.IntRange(min=1),
        default=3,
        show_default=True,
        help="Stop when so many of those given back are dead again.",
    ),
)


class Paced(TypedDict):
    """What they were given."""

    canary: int
    canary_timeout: float
    batch: int
    pause: float
    max_dead_again: int


def paced(command: F) -> F:
    """Gives a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
