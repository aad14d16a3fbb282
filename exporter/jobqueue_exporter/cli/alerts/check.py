"""`jobqueue alerts check`: all that is wrong with alerts, runbooks and their tests."""

from __future__ import annotations

import os
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  jobqueue alerts check
  jobqueue alerts check --config /etc/jobqueue/jobqueue.yml
"""


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml, if there is one.")
def check(*, path: Path | None) -> None:
    """Say what is wrong with alerts, their runbooks and their tests, all of it, with file and line.

    Our own and those of alerts.extra_dir: metrics and labels, aggregation, names and words, what mutes what, commands
    and links in runbooks, a section and tests for each alert, and what jobqueue.yml changes. Connects to nothing.
    Exits with 0 when all is fine, else with 2.
    """
    from jobqueue_exporter.bundle import check as checks
    from jobqueue_exporter.bundle import configured
    from jobqueue_exporter.cli.reference import problem
    from jobqueue_exporter.config.load import without_sources
    from jobqueue_exporter.errors import ConfigError

    config = without_sources(path, os.environ)
    tests = checks.tests_of_a_checkout()
    try:
        bundle = configured.bundle(config)
        found = [each for part in checks.problems(bundle, config, problem, tests) for each in part]
        if found:
            raise ConfigError(*dict.fromkeys(found))
    except ConfigError as error:
        raise configured.placed(error, path) from None
    told = "" if tests else "; their promtool tests are not installed, only a checkout has them"
    click.echo(f"fine: {len(bundle.specs)} alerts with runbooks{told}")
