"""The `jobqueue` command; each subcommand is the module of this package that bears its name."""

from __future__ import annotations

import click

from jobqueue_exporter import __version__
from jobqueue_exporter.cli import console, logs, streams
from jobqueue_exporter.cli.group import LazyGroup

COMMANDS = {
    "serve": "Answer Prometheus' scrapes on /metrics.",
    "once": "Read every source once and print the metrics.",
    "demo": "Start a database with living jobs, and serve it.",
    "init": "Look at a database and write a commented jobqueue.yml.",
    "check-config": "Say what is wrong with a jobqueue.yml, all of it.",
    "doctor": "Try a source: rights, indexes, clock, cost of a scrape.",
    "sql": "Print what we send to a database, or DDL to add to it.",
    "ready": "Is all well? Every check, by name.",
    "jobs": "See jobs: stats, list, status, history, watch, cancel, reclaim.",
    "workers": "See workers: status, list, kill.",
    "dlq": "Dead jobs: list, inspect, requeue, abandon, delete, export.",
    "alerts": "Rules for Prometheus and Alertmanager: render, check, test.",
    "dashboards": "Dashboards for Grafana: render, check.",
    "runbook": "Print what to do about an alert.",
    "completion": "Print the script that completes commands in your shell.",
}

# Those that read for others; the rest tell what they find themselves.
LOGGED = ("serve", "once", "demo")
# It has no result but what it serves.
WRITES_NOTHING = "serve"

EXAMPLES = """\b
Examples:
  jobqueue demo                                      see it work, without a database
  DATABASE_URL=postgresql://... jobqueue once        what would be told of your jobs
  DATABASE_URL=postgresql://... jobqueue init        then edit the jobqueue.yml it wrote
  jobqueue serve                                     serve what jobqueue.yml names
"""


@click.group(
    "jobqueue",
    cls=LazyGroup,
    package=__name__,
    summaries=COMMANDS,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="jobqueue %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Log more, tracebacks too.")
@click.pass_context
def main(ctx: click.Context, *, verbose: bool) -> None:
    """Tell Prometheus about background jobs: how many, how old, how they end, who works on them."""
    if ctx.invoked_subcommand != WRITES_NOTHING:
        streams.needed()
    if console.colourless():
        ctx.color = False
    logs.configure(verbose=verbose, events=ctx.invoked_subcommand in LOGGED)
