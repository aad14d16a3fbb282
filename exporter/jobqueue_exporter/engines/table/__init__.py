"""A team's own jobs table in Postgres, by a mapping of its columns and states."""

from __future__ import annotations

from functools import partial

from jobqueue_exporter.engines.engine import About, Engine
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.engines.sql.opening import opening
from jobqueue_exporter.engines.table import detect, roles
from jobqueue_exporter.engines.table.checkup import checkup
from jobqueue_exporter.engines.table.proposal import propose
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.model import Signal, State

ENGINE = Engine(
    about=About(
        title="your own table in Postgres",
        states=frozenset(State),
        signals=frozenset(Signal) - {Signal.PAUSE, Signal.SCHEDULES},
        index="(state, queue, kind, run_at, created_at), partial on live rows; `jobqueue doctor` prints it",
        requeue="not yet",
        tested="PostgreSQL 15",
    ),
    reader=TableReader,
    checkup=checkup,
    propose=propose,
    role=partial(grants.role, tables=roles.tables),
    guards=opening,
    takes=detect.takes,
)
