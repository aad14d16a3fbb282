"""`jobqueue workers status`: what is wrong with the workers, and what to do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import logs, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobqueue_exporter.cli.documents import stats, workers
    from jobqueue_exporter.cli.next_command import Commands
    from jobqueue_exporter.config.types import Config

_ABOUT_WORKERS = ("db", "worker", "binary")

EXAMPLES = """\b
Examples:
  jobqueue workers status
  jobqueue workers status --output json | jq -r '.sources[].problems[].text'
"""


@click.command(epilog=EXAMPLES)
@options.config
@options.sources
@options.output
def status(*, path: Path | None, names: tuple[str, ...], output: str) -> None:
    """Say what is wrong with the workers and what to do: none, silent ones, a missing program, or jobs that they
    do not take though they could.

    Exits with 0 when the checks of workers and programs have not failed, with 1 when one has or the source cannot
    be read, with 2 when the configuration is wrong.
    """
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.config.load import load

    with logs.sources_told_elsewhere():
        found, whole = _read(load(path, os.environ), names, path)
    if output == "json":
        write.document(found)
    else:
        _tell(found, whole)
    if found.status == "failed":
        click.get_current_context().exit(1)


def _read(config: Config, names: Sequence[str], path: Path | None) -> tuple[workers.Status, list[stats.Source]]:
    from jobqueue_exporter.cli import failures, overview, verdicts
    from jobqueue_exporter.cli.documents.workers import Status
    from jobqueue_exporter.cli.snapshots import snapshots
    from jobqueue_exporter.cli.sources import chosen
    from jobqueue_exporter.health import Status as Health

    asked = [one.name for one in chosen(config, names)]
    read = snapshots(config, asked)
    whole = [overview.source(one, config, failures.recent(one, config)) for one in read]
    made = tuple(_source(one, overview.commands(one.source, config, path)) for one in whole)
    return Status(status=verdicts.worst(Health(one.status) for one in made), sources=made), whole


def _source(one: stats.Source, commands: Commands) -> workers.SourceStatus:
    from jobqueue_exporter.cli import verdicts
    from jobqueue_exporter.cli.documents.workers import SourceStatus
    from jobqueue_exporter.cli.worker_problems import problems
    from jobqueue_exporter.health import Status as Health

    checks = tuple(check for check in one.checks if check.name in _ABOUT_WORKERS)
    return SourceStatus(
        source=one.source,
        status=verdicts.worst(Health(check.status) for check in checks),
        checks=checks,
        problems=tuple(problems(one, commands)),
        workers=one.workers,
        binaries=one.binaries,
        jobs=one.jobs,
        at_least=one.at_least,
        failures=one.failures,
    )


def _tell(found: workers.Status, whole: Sequence[stats.Source]) -> None:
    from jobqueue_exporter.cli import overview_lines
    from jobqueue_exporter.cli.check_lines import check_lines, hanging, title
    from jobqueue_exporter.cli.console import console

    out = console()
    for index, (one, source) in enumerate(zip(found.sources, whole, strict=True)):
        lines = [title(one.source, one.status), *check_lines(one.checks if source.up else one.checks[:1], out.width)]
        for text in [*([""] if index else []), *lines]:
            out.print(text)
        for text in overview_lines.about_workers(source, out.width) if source.up else ():
            out.print(text)
        for problem in one.problems:
            out.print()
            for text in hanging([(f"{problem.name}: ", "bold yellow")], problem.text, out.width):
                out.print(text)
            for number, step in enumerate(problem.steps, 1):
                for text in hanging([(f"  {number}. ", "")], step, out.width):
                    out.print(text)
