"""`jobqueue dashboards render`: write what Grafana reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.errors import ConfigError, JobQueueError

if TYPE_CHECKING:
    from jobqueue_exporter.bundle.folder import Changes

EXAMPLES = """\b
Examples:
  jobqueue dashboards render --output-dir out
  jobqueue dashboards render --config jobqueue.yml --output-dir grafana --check
"""


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml, if there is one.")
@click.option("--defaults", is_flag=True, help="As the sources have it, whatever jobqueue.yml says.")
@click.option(
    "--output-dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write; left out: ./grafana in a checkout of jobqueue-exporter.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
def render(*, path: Path | None, defaults: bool, folder: Path | None, check: bool) -> None:
    """Write dashboards as JSON, and files by which Grafana finds them and Prometheus.

    What jobqueue.yml says of thresholds, kept labels and links counts; its sources are not asked. Writes nothing when
    anything is wrong. Dashboards that an earlier run made and that are no longer needed are removed; nothing else is.
    """
    from jobqueue_exporter.bundle import configured
    from jobqueue_exporter.bundle.folder import write
    from jobqueue_exporter.config.load import without_sources
    from jobqueue_exporter.config.types import Config
    from jobqueue_exporter.dashboards import check as checks
    from jobqueue_exporter.dashboards import rendering
    from jobqueue_exporter.dashboards.folder import changes
    from jobqueue_exporter.dashboards.sources import ours

    if defaults and path:
        raise click.UsageError("--defaults leaves every configuration out, so --config says nothing beside it")
    where = folder or _folder_of_a_checkout()
    bundle = configured.bundle(Config(sources=()) if defaults else without_sources(path, os.environ))
    sources = ours()
    if found := list(checks.problems(sources, bundle)):
        raise ConfigError(*found)
    files = rendering.files(sources, bundle)
    try:
        found_changes = changes(where, files)
        if check:
            _compared(found_changes)
            return
        write(where, files)
        for left_over in found_changes.left_over:
            left_over.unlink()
            click.echo(f"removed {left_over}, which nothing needs any more", err=True)
    except OSError as error:
        raise JobQueueError(f"{error.filename or where}: {error.strerror or error}") from error
    for name in files:
        click.echo(where / name)


def _folder_of_a_checkout() -> Path:
    from jobqueue_exporter import paths

    here = Path("grafana")
    if here.is_dir() and here.resolve() == Path(str(paths.data("grafana"))).resolve():
        return here
    raise click.UsageError("say where to write, as in --output-dir grafana; only a checkout has a folder for it")


def _compared(changes: Changes) -> None:
    told = [*(f"{file} is stale" for file in changes.stale), *(f"{file} is not needed" for file in changes.left_over)]
    if told:
        raise JobQueueError("\n".join([*told, "run the same without --check, or in a checkout `make dashboards`"]))
