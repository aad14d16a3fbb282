"""Database time of a page of dead jobs beside the query that people write, on a million dead jobs of five million."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
import psycopg
from rich.console import Console

from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.table.operator import TableOperator
from jobqueue_exporter.model import State
from tests.bench import report
from tests.bench.contender import GroupBy, recommended, source
from tests.bench.fixture import FULL_ROWS, settle
from tests.bench.race import OURS, make_roles
from tests.bench.report import Claim, cheaper
from tests.bench.ruler import SETTINGS, Ruler

NEWEST_DEAD = "newest_dead"
RUNS = 5
TARGET = 100.0
PAGE = 50
KIND = "CLIP_RENDER"
QUERY = f"SELECT * FROM jobs WHERE state = 'dead_letter' ORDER BY updated_at DESC LIMIT {PAGE}"

# Every fifth is dead, every fiftieth waits, all others are done; a hundredth has no run_at.
_FILL = """
INSERT INTO jobs (workspace_id, kind, state, payload, last_error, attempts, run_at, created_at, updated_at)
SELECT gen_random_uuid(), ('{TRANSCRIBE,CLIP_RENDER,PUBLISH_TIKTOK,YOUTUBE_DOWNLOAD}'::text[])
         [1 + (hashint8(i) & 2147483647) %% 4],
       CASE WHEN i %% 5 = 0 THEN 'dead_letter' WHEN i %% 50 = 1 THEN 'queued' ELSE 'completed' END,
       jsonb_build_object('video', i, 'source', 's3://uploads/' || i || '.mp4', 'profile', '1080p'),
       CASE WHEN i %% 5 = 0 THEN 'ffmpeg timed out' END, 5,
       CASE WHEN (hashint8(i) & 2147483647) %% 100 > 0 THEN now() - (%(rows)s - i) * interval '1 second' END,
       now() - (%(rows)s - i) * interval '1 second', now() - (%(rows)s - i) * interval '1 second'
FROM generate_series(1, %(rows)s::bigint) i
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """A page, and what it is called."""

    what: str
    wanted: Wanted


def claims(rows: int = FULL_ROWS, runs: int = RUNS) -> Iterator[Claim]:
    """Measures on a server of its own, with both indexes that serve a list."""
    with Server(settings=SETTINGS) as server, psycopg.connect(server.dsn(), autocommit=True) as admin:
        ruler = Ruler(admin)
        make_roles(admin, (OURS, NEWEST_DEAD))
        _fill(admin, rows)
        yield from _measured(server, ruler, admin, rows, runs, "only (state, run_at)")
        for statement in recommended(server.dsn(user=OURS)):
            admin.execute(statement.encode())
        admin.execute("CREATE INDEX ON jobs (state)")
        admin.execute("DROP INDEX jobs_state_run_at")
        settle(admin)
        yield from _measured(server, ruler, admin, rows, runs, "recommended index")


def _measured(
    server: Server, ruler: Ruler, admin: psycopg.Connection[Any], rows: int, runs: int, index: str
) -> Iterator[Claim]:
    with closing(GroupBy(NEWEST_DEAD, server.dsn(user=NEWEST_DEAD), QUERY)) as usual:
        theirs = _median(ruler, NEWEST_DEAD, runs, usual.run)
    target = TARGET if rows >= FULL_ROWS else None
    with closing(TableOperator(source(server.dsn(user=OURS)))) as operator:
        for ask in _asks(admin):
            ours = _median(ruler, OURS, runs, partial(_list, operator, ask.wanted))
            beside = "all that is sent, with looking the table up" if "first" in ask.what else ""
            yield cheaper(f"dead jobs, {index}, {ask.what}", ours, theirs, target, beside=beside)


def _asks(admin: psycopg.Connection[Any]) -> tuple[Ask, ...]:
    query = (
        "SELECT id::text FROM jobs WHERE state = 'dead_letter' AND run_at < "
        "(SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY run_at) FROM jobs WHERE state = 'dead_letter') "
        "ORDER BY run_at DESC LIMIT 1"
    )
    row = admin.execute(query.encode()).fetchone()
    assert row is not None
    dead = State.DEAD_LETTER
    return (
        Ask(f"first {PAGE}", Wanted(state=dead, limit=PAGE)),
        Ask(f"{PAGE} after half of them", Wanted(state=dead, limit=PAGE, after=row[0])),
        Ask(f"first {PAGE} of a kind", Wanted(state=dead, limit=PAGE, kind=KIND)),
        Ask(f"newest {PAGE}", Wanted(state=dead, limit=PAGE, newest=True)),
        Ask(f"newest {PAGE} after half of them", Wanted(state=dead, limit=PAGE, newest=True, after=row[0])),
    )


def _fill(admin: psycopg.Connection[Any], rows: int) -> None:
    schema.create_tables(admin)
    admin.execute("DROP INDEX jobs_state_run_at")
    admin.execute("ALTER TABLE jobs SET (autovacuum_enabled = off)")
    with psycopg.ClientCursor(admin) as cursor:
        cursor.execute(_FILL, {"rows": rows})
    admin.execute("CREATE INDEX jobs_state_run_at ON jobs (state, run_at)")
    settle(admin)


def _list(operator: TableOperator, wanted: Wanted) -> None:
    assert len(list(operator.list(wanted))) == PAGE


def _median(ruler: Ruler, role: str, runs: int, run: Callable[[], object]) -> float:
    times = []
    for _ in range(runs):
        run()
        before = ruler.spent(role).milliseconds
        run()
        times.append(ruler.spent(role).milliseconds - before)
    return statistics.median(times)


@click.command()
@click.option("--rows", default=FULL_ROWS, show_default=True, type=click.IntRange(10_000))
@click.option("--runs", default=RUNS, show_default=True, type=click.IntRange(1))
def main(*, rows: int, runs: int) -> None:
    """Measures listing alone."""
    report.show(Console(), list(claims(rows, runs)))


if __name__ == "__main__":
    main()
