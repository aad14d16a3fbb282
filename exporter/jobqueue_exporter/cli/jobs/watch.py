"""`jobqueue jobs watch`: the same as stats, live."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import logs, options

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents.stats import Source, Stats
    from jobqueue_exporter.cli.repeated_stats import RepeatedStats

_LEAST_SECONDS = 0.5

EXAMPLES = """\b
Examples:
  jobqueue jobs watch                              q or Ctrl-C quits
  jobqueue jobs watch --interval 10s | tee -a watch.log
  jobqueue jobs watch --count 1 --output json | jq -r .status
"""


@click.command(epilog=EXAMPLES)
@options.config
@options.sources
@click.option(
    "--interval", type=options.Age(), default="2s", show_default=True, metavar="AGE", help="How often to read."
)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Stop after so many readings.")
@options.output
def watch(*, path: Path | None, names: tuple[str, ...], interval: float, count: int | None, output: str) -> None:
    """Show what `jobqueue jobs stats` shows, again and again, in place; q or Ctrl-C quits.

    Where stdout is no terminal, each reading is a line for each source; with --output json, an object on one line.
    A source that goes away is shown as failed, and is tried again.

    Exits with 0 however it is ended; what it saw is in what it wrote. With 2 when the configuration is wrong.
    """
    from jobqueue_exporter.cli.repeated_stats import RepeatedStats
    from jobqueue_exporter.cli.sources import chosen
    from jobqueue_exporter.config.load import load

    if interval < _LEAST_SECONDS:
        raise click.BadParameter(f"at least {_LEAST_SECONDS:g}s", param_hint="--interval")
    config = load(path, os.environ)
    chosen(config, names)
    stop = threading.Event()
    # Ctrl-C is how a view is left, and no failure.
    with logs.sources_told_elsewhere(), suppress(KeyboardInterrupt):
        if output == "text" and sys.stdout.isatty():
            _live(RepeatedStats(config, names, path), interval, count, stop)
        else:
            _lines(RepeatedStats(config, names, path), interval, count, stop, json=output == "json")


def _live(readings: RepeatedStats, interval: float, count: int | None, stop: threading.Event) -> None:
    from jobqueue_exporter.cli.console import console
    from jobqueue_exporter.cli.live import View, show
    from jobqueue_exporter.cli.repeated_stats import Background

    out = console()
    view = View(out, interval)
    try:
        background = Background(readings, interval, count, view.tell, stop)
        show(out, view, stop)
        background.check()
    finally:
        stop.set()
        readings.close()


def _lines(readings: RepeatedStats, interval: float, count: int | None, stop: threading.Event, *, json: bool) -> None:
    """A reading at a time, until so many are done or Ctrl-C."""
    from jobqueue_exporter.cli.documents import write

    try:
        done = 0
        while done != count:
            if done:
                stop.wait(interval)
            found = readings.read()
            if json:
                write.line(found)
            else:
                click.echo("\n".join(_line(found, one) for one in found.sources))
            done += 1
    finally:
        readings.close()


def _line(found: Stats, one: Source) -> str:
    """As `2026-01-31T23:59:59.123Z source=shop pending=3 running=1 dead=0 oldest=4s health=ok`."""
    from jobqueue_exporter.cli.lane_grid import age, number

    def count(state: str) -> str:
        return number(getattr(one.jobs, state), ">=" if state in one.at_least else "").replace(",", "")

    oldest = "0s" if one.jobs.oldest_pending_seconds == 0 else age(one.jobs.oldest_pending_seconds).replace(" ", "")
    numbers = f"pending={count('pending')} running={count('running')} dead={count('dead_letter')} oldest={oldest}"
    why = "" if one.up else f" error={one.checks[0].message!r}"
    return f"{found.at} source={one.source} {numbers} health={one.status}{why}"
