"""`jobqueue alerts render`: write what Prometheus and Alertmanager read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.errors import JobQueueError

if TYPE_CHECKING:
    from jobqueue_exporter.bundle.folder import Changes

EXAMPLES = """\b
Examples:
  jobqueue alerts render --output-dir /etc/prometheus/jobqueue
  jobqueue alerts render --config jobqueue.yml --output-dir rules --check
  jobqueue alerts render --output-dir fast --time-scale 20
"""


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml, if there is one.")
@click.option("--defaults", is_flag=True, help="As the specs have it, whatever jobqueue.yml says.")
@click.option(
    "--output-dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write; left out: ./alerts in a checkout of jobqueue-exporter.",
)
@click.option(
    "--time-scale",
    "scale",
    type=click.FloatRange(min=1),
    default=1.0,
    show_default=True,
    help="Divide every time in the rules by this, to see in seconds what takes minutes.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
def render(*, path: Path | None, defaults: bool, folder: Path | None, scale: float, check: bool) -> None:
    """Write rules for Prometheus, Alertmanager's configuration and a PrometheusRule for Kubernetes.

    What jobqueue.yml says under alerts, owners and links counts; its sources are not asked, and their secrets need
    not be there. Files that an earlier run made and that are no longer needed are removed; nothing else is.

    Where an alert, its runbook or what jobqueue.yml says of it is wrong, all of that is told with file and line, and
    nothing is written.
    """
    from jobqueue_exporter.bundle import rendering
    from jobqueue_exporter.bundle.folder import changes, write
    from jobqueue_exporter.config.load import without_sources
    from jobqueue_exporter.config.types import Config

    if defaults and path:
        raise click.UsageError("--defaults leaves every configuration out, so --config says nothing beside it")
    where = folder or _folder_of_a_checkout()
    config = Config(sources=()) if defaults else without_sources(path, os.environ)
    files = rendering.of(config, path, scale)
    try:
        if check:
            _compared(changes(where, files))
            return
        removals = write(where, files)
    except OSError as error:
        raise JobQueueError(f"{error.filename or where}: {error.strerror or error}") from error
    for removed in removals:
        click.echo(f"removed {removed}, which nothing needs any more", err=True)
    for name in files:
        click.echo(where / name)


def _folder_of_a_checkout() -> Path:
    from jobqueue_exporter import paths

    here = Path("alerts")
    if here.is_dir() and here.resolve() == Path(str(paths.data("alerts"))).resolve():
        return here
    raise click.UsageError("say where to write, as in --output-dir rules; only a checkout has a folder for it")


def _compared(changes: Changes) -> None:
    told = [*(f"{file} is stale" for file in changes.stale), *(f"{file} is not needed" for file in changes.left_over)]
    if told:
        raise JobQueueError("\n".join([*told, "run the same without --check, or in a checkout `make alerts`"]))
