"""`jobqueue dashboards`: dashboards for Grafana, rendered and checked."""

from __future__ import annotations

import click

from jobqueue_exporter.cli.group import LazyGroup

COMMANDS = {
    "render": "Write dashboards, and what Grafana needs to find them.",
    "check": "Say what is wrong with the sources of dashboards.",
}

EXAMPLES = """\b
Examples:
  jobqueue dashboards render --output-dir out
  jobqueue dashboards check
"""


@click.group("dashboards", cls=LazyGroup, package=__name__, summaries=COMMANDS, epilog=EXAMPLES)
def dashboards() -> None:
    """Render and check dashboards."""
