"""`make bench`: builds the fixtures, measures, prints what was promised beside it, exits 1 on a miss."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click
import psycopg
from rich.console import Console
from rich.progress import Progress

from jobqueue_exporter.demo.postgres import Server
from tests.bench import bullmq, listing, memory, procrastinate, report, requeue, startup, stats
from tests.bench.fixture import FULL_ROWS
from tests.bench.report import Claim
from tests.bench.ruler import SETTINGS
from tests.bench.speed import Speed

MEMORY_TARGET = 90.0
WIDTH = 150
HELP = (
    "Measures database time against the GROUP BYs that people write, resident memory, and start-up. "
    "Takes about five minutes, 4 GB of disk, 4 GB of memory and a Postgres with pg_stat_statements. "
    "Exits 1 when a promise is not kept."
)
YARDSTICK = (
    "The yardstick is `SELECT kind, state, count(*), age of the oldest ... GROUP BY kind, state`, with one "
    "process on both sides: parallel workers shorten a query by taking more of the database's processors. "
    "Times are what pg_stat_statements counts, planning too: the median, for history the least, of readings "
    "that each follow one of the same kind, on a vacuumed table in Postgres' own cache. While many live rows "
    "wait for vacuum, index-only scans fetch them from the table, and the recommended index gains far less."
)


@click.command(help=HELP)
@click.option("--rows", default=FULL_ROWS, show_default=True, type=click.IntRange(50_000), help="Of the large tables.")
@click.option("--runs", default=5, show_default=True, type=click.IntRange(1), help="Readings of each contender.")
@click.option("--buffers", default="2GB", show_default=True, help="Postgres' own cache: shared_buffers.")
@click.option("--speed/--no-speed", default=True, help="Whether to measure database time.")
def main(*, rows: int, runs: int, buffers: str, speed: bool) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    if speed and rows < FULL_ROWS:
        console.print(f"The targets of database time are for {FULL_ROWS:,} rows; these are {rows:,}.")
    claims: list[Claim] = []

    def keep(found: Iterable[Claim]) -> None:
        for claim in found:
            claims.append(claim)
            console.print(f"{claim.what}: {claim.measured}")

    with Server(settings=SETTINGS | {"shared_buffers": buffers}) as server, Progress(console=console) as progress:
        if speed:
            keep(Speed(server, progress, rows=rows, runs=runs).claims())
            keep(procrastinate.claims())
            keep(bullmq.claims())
            keep(listing.claims(rows))
            keep(stats.claims(rows))
            keep(requeue.claims())
        keep(_memory(server))
    keep(_startup())
    if speed:
        console.print(YARDSTICK, style="dim")
    report.show(console, claims)
    sys.exit(any(claim.met is False for claim in claims))


def _memory(server: Server) -> Iterator[Claim]:
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE memory")
    dsn = server.dsn(dbname="memory")
    with psycopg.connect(dsn, autocommit=True) as connection:
        try:
            found = memory.measure(connection, dsn)
        except FileNotFoundError as error:
            yield Claim("resident memory", "not told", beside=str(error))
            return
    beside = f"after {memory.SCRAPES} scrapes"
    yield report.at_most(
        f"resident memory at {found.series:,} series", found.mebibytes, MEMORY_TARGET, " MiB", beside=beside
    )


def _startup() -> Iterator[Claim]:
    yield report.at_most("jobqueue --help", startup.seconds(), None, " s")
    drivers = startup.drivers()
    words = ", ".join(sorted(drivers)) or "none"
    yield Claim("database drivers that --help imports", words, "none", not drivers)


if __name__ == "__main__":
    main()
