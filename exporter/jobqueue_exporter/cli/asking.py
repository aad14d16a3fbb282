"""Asks a person before anything is changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from jobqueue_exporter.cli import console, times
from jobqueue_exporter.engines.operations import Job
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.masking import line, masked

SAMPLES = 10
_ERROR = 120


def somebody() -> None:
    """Raises ConfigError unless there is a person at a terminal who can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError("nobody can be asked here: add --yes, or --dry-run to see what would be changed")


def agreed(question: str) -> bool:
    """Whether a person agrees. Raises ConfigError when there is nobody to ask."""
    somebody()
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def typed(question: str, expected: str) -> bool:
    """Whether a person typed what was expected. Raises ConfigError when there is nobody to ask."""
    somebody()
    return _answer(f"{question}: ") == expected


def sample(jobs: Sequence[Job], now: float | None, *, stderr: bool = True) -> None:
    """A table of jobs that will be changed, on stderr unless it is the result."""
    rows = [_row(job, now) for job in jobs]
    columns = ("id", "kind", "state", "since", "error")
    console.table(columns, rows, flexible=("error",), untitled=("error",), stderr=stderr)


def _row(job: Job, now: float | None) -> tuple[str, ...]:
    since = "-" if now is None else times.relative(job.since, now)
    return job.id, job.lane.kind or job.lane.queue, job.word, since, line(masked(job.error), _ERROR)


def _answer(question: str) -> str:
    """What is typed; the end of input is an empty answer."""
    click.echo(question, nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        click.echo("", err=True)
    return answer.strip()
