"""The claims about database time: both fixtures with and without the recommended index, and ten times the history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from rich.progress import Progress

from jobqueue_exporter.demo.postgres import Server
from tests.bench.contender import recommended
from tests.bench.fixture import FULL_ROWS, Fixture, build, fixtures, settle
from tests.bench.race import (
    BY_KIND,
    BY_KIND_IN_PARALLEL,
    BY_STATE_IN_PARALLEL,
    OURS,
    ROLES,
    Milliseconds,
    make_roles,
    ours_alone,
    race,
)
from tests.bench.report import Claim, at_most, cheaper
from tests.bench.rivals import RIVALS
from tests.bench.ruler import Ruler

PLAIN_TARGETS = {"recent": 15.0, "spread": 4.0}
INDEXED_TARGET = 100.0
HISTORY_TARGET = 1.3
_HISTORY = 10
# A small difference of small times: more readings than the races need.
_HISTORY_RUNS = 4


class Speed:
    """Measures on one server, and says what it does."""

    def __init__(self, server: Server, progress: Progress, *, rows: int, runs: int) -> None:
        self._server = server
        self._progress = progress
        self._rows = rows
        self._runs = runs
        self._admin = _connect(server.dsn())
        self._ruler = Ruler(self._admin)
        make_roles(self._admin, (*ROLES, *(rival.role for rival in RIVALS)))

    def claims(self) -> Iterator[Claim]:
        """Every claim, as soon as it was measured. The targets are for tables of full size only."""
        for fixture in fixtures(self._rows):
            with self._built(fixture):
                plain = self._race(fixture.database, "only (state, run_at)")
                yield self._claim(f"{fixture.database}, only (state, run_at)", plain, PLAIN_TARGETS[fixture.database])
                yield from self._rivals(fixture.database, plain[OURS])
                self._index(fixture.database)
                indexed = self._race(fixture.database, "recommended index")
                yield self._claim(f"{fixture.database}, recommended index", indexed, INDEXED_TARGET)
        yield from self._history()

    def _history(self) -> Iterator[Claim]:
        """The same live rows, equally far apart in the table, before and after ten times the history."""
        live = self._rows // 500
        short = Fixture("short", self._rows // _HISTORY, live, spread=True)
        long = Fixture("long", self._rows, live, spread=True)
        with self._built(short), self._built(long):
            self._restart()
            yield self._grown(f"{_HISTORY} x history, only (state, run_at)", short.database, long.database)
            for fixture in (short, long):
                self._index(fixture.database)
            yield self._grown(f"{_HISTORY} x history, recommended index", short.database, long.database)

    def _restart(self) -> None:
        """Empties Postgres' cache: a table just built lies in all of it, which strains the processor's own."""
        self._admin.close()
        self._server.restart()
        self._admin = _connect(self._server.dsn())
        self._ruler = Ruler(self._admin)

    def _grown(self, what: str, short: str, long: str) -> Claim:
        self._say(f"{what}: reading in turns")
        times = ours_alone(self._server, self._ruler, (short, long), _HISTORY_RUNS * self._runs)
        beside = f"{times[short]:,.1f} ms -> {times[long]:,.1f} ms"
        return at_most(what, times[long] / times[short], self._target(HISTORY_TARGET), " x time", beside=beside)

    def _claim(self, what: str, times: Milliseconds, target: float) -> Claim:
        ours = times[OURS]
        beside = (
            f"in parallel x{times[BY_KIND_IN_PARALLEL] / ours:,.1f}, "
            f"GROUP BY state alone x{times[BY_STATE_IN_PARALLEL] / ours:,.1f}"
        )
        return cheaper(what, ours, times[BY_KIND], self._target(target), beside=beside)

    def _rivals(self, database: str, ours: float) -> Iterator[Claim]:
        for rival in RIVALS:
            if rival.path is None:
                yield Claim(f"{database}, {rival.program}", "not here", beside="`make tools` unpacks it")
                continue
            self._say(f"{database}: {rival.program}")
            theirs = rival.milliseconds(self._server, self._ruler, database)
            yield cheaper(f"{database}, {rival.program}", ours, theirs, None, beside="its query runs in parallel")

    def _race(self, database: str, index: str) -> Milliseconds:
        self._say(f"{database}, {index}: reading in turns")
        return race(self._server, self._ruler, database, self._runs)

    def _index(self, database: str) -> None:
        self._say(f"{database}: the index that doctor recommends")
        with _connect(self._server.dsn(dbname=database)) as connection:
            for statement in recommended(self._server.dsn(user=OURS, dbname=database)):
                connection.execute(statement.encode())
            settle(connection)

    @contextmanager
    def _built(self, fixture: Fixture) -> Iterator[None]:
        """A new database with the fixture, dropped at the end."""
        self._admin.execute(f"CREATE DATABASE {fixture.database}".encode())
        task = self._progress.add_task(f"{fixture.database}: building {fixture.rows:,} rows", total=1)
        with _connect(self._server.dsn(dbname=fixture.database)) as connection:
            build(connection, fixture, lambda done: self._progress.update(task, completed=done))
        yield
        self._admin.execute(f"DROP DATABASE {fixture.database} WITH (FORCE)".encode())

    def _target(self, target: float) -> float | None:
        return target if self._rows >= FULL_ROWS else None

    def _say(self, what: str) -> None:
        self._progress.console.print(what, style="dim")


def _connect(dsn: str) -> psycopg.Connection[Any]:
    return psycopg.connect(dsn, autocommit=True)
