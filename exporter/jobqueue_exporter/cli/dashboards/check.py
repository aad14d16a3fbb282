"""`jobqueue dashboards check`: all that is wrong with the sources of dashboards."""

from __future__ import annotations

import os
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  jobqueue dashboards check
  jobqueue dashboards check --source-dir dashboards
"""


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml, if there is one.")
@click.option(
    "--source-dir",
    "sources",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder of sources of your own, instead of ours.",
)
def check(*, path: Path | None, sources: Path | None) -> None:
    """Say what is wrong with the sources of dashboards, all of it, with file and line.

    Expressions, metrics and labels, legends, links to runbooks and to other dashboards; the result against Grafana's
    own types and the rules of its dashboard-linter. Connects to nothing. Exits with 0 when all is fine, else with 2.
    """
    from jobqueue_exporter.bundle import configured
    from jobqueue_exporter.config.load import without_sources
    from jobqueue_exporter.dashboards import check as checks
    from jobqueue_exporter.dashboards.sources import of, ours
    from jobqueue_exporter.errors import ConfigError

    bundle = configured.bundle(without_sources(path, os.environ))
    read = of(sources) if sources else ours()
    if found := list(checks.problems(read, bundle)):
        raise ConfigError(*found)
    panels = sum(1 for source in read for _ in source.panels())
    click.echo(f"fine: {len(read)} dashboards with {panels} panels")
