"""`jobqueue alerts`: rules for Prometheus and Alertmanager, rendered and checked."""

from __future__ import annotations

import click

from jobqueue_exporter.cli.group import LazyGroup

COMMANDS = {
    "render": "Write rules, Alertmanager's configuration and a PrometheusRule.",
    "check": "Say what is wrong with alerts, runbooks and their tests.",
    "test": "Run the promtool tests of a checkout.",
}

EXAMPLES = """\b
Examples:
  jobqueue alerts render --output-dir /etc/prometheus/jobqueue
  jobqueue alerts check
"""


@click.group("alerts", cls=LazyGroup, package=__name__, summaries=COMMANDS, epilog=EXAMPLES)
def alerts() -> None:
    """Render and check alerts."""
