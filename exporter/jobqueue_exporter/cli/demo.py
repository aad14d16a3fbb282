"""`jobqueue demo`: a database with living jobs, and the exporter that tells of them."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from jobqueue_exporter.cli import options
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.demo.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from jobqueue_exporter.demo.stage import Stage

DEFAULT_LISTEN = ":10227"
ANY_PORT = ":0"

EXAMPLES = """\b
Examples:
  jobqueue demo                            a system that works
  jobqueue demo --scenario no-workers      a system that is broken in one way
  jobqueue demo --scenario poison --repair-after 5m
  jobqueue demo --database-only            to try `jobqueue init` or `jobqueue serve` on
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--scenario",
    "name",
    type=click.Choice([*SCENARIOS]),
    default="healthy",
    show_default=True,
    help="What is broken on purpose.",
)
@click.option(
    "--web.listen-address",
    "listen",
    metavar="HOST:PORT",
    help=f"Where to serve the metrics.  [default: {DEFAULT_LISTEN}, or a free port when it is taken]",
)
@click.option("--repair-after", "repair", type=options.Age(), metavar="AGE", help="Mend what is broken after so long.")
@click.option("--database-only", is_flag=True, help="Start the database and its workers, but no exporter.")
def demo(*, name: str, listen: str | None, repair: float | None, database_only: bool) -> None:
    """Start a throw-away Postgres with a jobs table, simulated workers, and the exporter on top.

    Needs no configuration and no rights; runs until Ctrl-C or SIGTERM, and leaves nothing behind.
    """
    from jobqueue_exporter.demo import stage

    scenario = SCENARIOS[name]
    address = None if database_only else _address(listen)
    with _ended_by_signals(), stage.opened(scenario, _progress) as opened, _repaired(opened, repair):
        if address is None:
            click.echo(_database_text(scenario, opened.dsn))
            threading.Event().wait()
        else:
            _serve(stage.config(opened.dsn, address), scenario, opened.dsn)
            _deafen()
    click.echo("stopped; nothing is left behind", err=True)


@contextlib.contextmanager
def _repaired(opened: Stage, seconds: float | None) -> Iterator[None]:
    """Lets the demo turn healthy after so many seconds of the block."""

    def repair() -> None:
        opened.workload.turn_into(SCENARIOS["healthy"])
        _progress("repaired: everybody works as in the scenario healthy from now on")

    timer = threading.Timer(seconds or 0.0, repair)
    if seconds is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _progress(step: str) -> None:
    click.echo(f"{step} …", err=True)


def _address(listen: str | None) -> str:
    """An address that is free now. Raises JobQueueError when the one that was asked for is not."""
    from jobqueue_exporter.errors import ConfigError, JobQueueError
    from jobqueue_exporter.web import listening

    wanted = DEFAULT_LISTEN if listen is None else listen
    try:
        listening.bind(wanted).close()
    except ConfigError:
        raise
    except JobQueueError as error:
        if listen is not None:
            raise
        click.echo(f"{str(error).partition(';')[0]}; a free port is used instead", err=True)
        return ANY_PORT
    return wanted


def _serve(config: Config, scenario: Scenario, dsn: str) -> None:
    from jobqueue_exporter.web import serving

    stop: Future[None] = Future()
    stays = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

    def hang_up() -> Config:
        # There is no file to read again: SIGHUP means that the terminal was closed, unless nohup is used.
        if not stays and not stop.done():
            stop.set_result(None)
        return config

    serving.run(config, reload=hang_up, ready=lambda url: click.echo(_served_text(scenario, dsn, url)), stop=stop)


def _served_text(scenario: Scenario, dsn: str, url: str) -> str:
    facts = [
        ("metrics", f"{url}/metrics"),
        ("page", f"{url}/"),
        ("database", f"psql {dsn}"),
    ]
    look_for = ["Look at the metrics for:", *(f"  {line}" for line in scenario.look_for)]
    return _text(scenario, facts, look_for)


def _database_text(scenario: Scenario, dsn: str) -> str:
    facts = [
        ("database", f"psql {dsn}"),
        ("look once", f"DATABASE_URL={dsn} jobqueue once"),
        ("serve it", f"DATABASE_URL={dsn} jobqueue serve"),
    ]
    return _text(scenario, facts, [])


def _text(scenario: Scenario, facts: list[tuple[str, str]], more: list[str]) -> str:
    others = ", ".join(name for name in SCENARIOS if name != scenario.name)
    lines = [
        "",
        f"Scenario {scenario.name}: {scenario.story}",
        "",
        *(f"  {label:<12} {value}" for label, value in facts),
        "",
        *more,
        *([""] if more else []),
        f"Other scenarios, by --scenario: {others}",
        "Ctrl-C stops it and removes the database.",
    ]
    return "\n".join(lines)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGINT end the block early, in good order and as a success."""
    before = {each: signal.signal(each, _interrupt) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    _deafen()
    raise KeyboardInterrupt


def _deafen() -> None:
    """From here on we clear up, and a second Ctrl-C must not keep us from that."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
