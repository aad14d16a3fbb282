"""Database time of `jobqueue jobs stats`, what died lately with it, beside that of one scrape."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import click
import msgspec
import psycopg
from click.testing import CliRunner
from rich.console import Console

from jobqueue_exporter import engines
from jobqueue_exporter.cli import main as jobqueue
from jobqueue_exporter.cli.documents.stats import Stats
from jobqueue_exporter.cli.snapshots import snapshots
from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.engines.protocol import Reader, Request
from tests.bench import report
from tests.bench.contender import TIMEOUT_SECONDS, recommended, source
from tests.bench.fixture import FULL_ROWS, build, fixtures, settle
from tests.bench.race import OURS, make_roles
from tests.bench.report import Claim, at_most
from tests.bench.ruler import SETTINGS, Ruler

RUNS = 5
TARGET = 1.2


def claims(rows: int = FULL_ROWS, runs: int = RUNS) -> Iterator[Claim]:
    """Measures on a server of its own, without and with the recommended index."""
    recent, _ = fixtures(rows)
    with Server(settings=SETTINGS) as server, psycopg.connect(server.dsn(), autocommit=True) as admin:
        ruler = Ruler(admin)
        make_roles(admin, (OURS,))
        build(admin, recent, lambda _: None)
        yield _measured(server, ruler, rows, runs, "only (state, run_at)")
        for statement in recommended(server.dsn(user=OURS)):
            admin.execute(statement.encode())
        settle(admin)
        yield _measured(server, ruler, rows, runs, "recommended index")
        admin.execute("DROP INDEX jobs_state_run_at")
        admin.execute("CREATE INDEX ON jobs (state)")
        settle(admin)
        yield _measured(server, ruler, rows, runs, "recommended index, and none by due time")


def _measured(server: Server, ruler: Ruler, rows: int, runs: int, index: str) -> Claim:
    dsn = server.dsn(user=OURS)
    with tempfile.TemporaryDirectory() as folder, closing(engines.reader(source(dsn))) as reader:
        config = Path(folder, "jobqueue.yml")
        config.write_text(json.dumps({"sources": [{"name": "bench", "dsn": dsn, "table": "public.jobs"}]}))
        asked: dict[str, Callable[[], object]] = {
            "stats": partial(_stats, config),
            "first": partial(_first, source(dsn)),
            "scrape": partial(_scrape, reader, extras=True),
            "core": partial(_scrape, reader, extras=False),
        }
        times = _medians(ruler, asked, runs)
    beside = (
        f"{times['stats']:,.1f} : {times['scrape']:,.1f} ms; the first reading of an exporter, which looks the tables "
        f"up, {times['first']:,.1f} ms; a scrape that reads no extras {times['core']:,.1f} ms"
    )
    target = TARGET if rows >= FULL_ROWS else None
    return at_most(
        f"jobs stats beside a scrape, {index}", times["stats"] / times["scrape"], target, " x", beside=beside
    )


def _medians(ruler: Ruler, asked: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The median database time of each in milliseconds, in turns: of two in a row the second."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(runs):
        for name, run in asked.items():
            run()
            before = ruler.spent(OURS).milliseconds
            run()
            times[name].append(ruler.spent(OURS).milliseconds - before)
    return {name: statistics.median(found) for name, found in times.items()}


def _stats(config: Path) -> None:
    result = CliRunner().invoke(jobqueue, ["jobs", "stats", "--config", str(config), "--output", "json"])
    (one,) = msgspec.json.decode(result.stdout, type=Stats).sources
    assert one.up
    assert one.jobs.dead_letter
    assert one.failures is not None


def _first(one: Source) -> None:
    (found,) = snapshots(Config(sources=(one,)), ())
    assert found.up


def _scrape(reader: Reader, *, extras: bool) -> None:
    names = frozenset(one.name for one in reader.collectors if extras)
    for part in reader.read(Request(deadline=time.monotonic() + TIMEOUT_SECONDS, extras=names)):
        assert not part.error, part.error


@click.command()
@click.option("--rows", default=FULL_ROWS, show_default=True, type=click.IntRange(50_000))
@click.option("--runs", default=RUNS, show_default=True, type=click.IntRange(1))
def main(*, rows: int, runs: int) -> None:
    """Measures `jobs stats` alone."""
    report.show(Console(width=150), list(claims(rows, runs)))


if __name__ == "__main__":
    main()
