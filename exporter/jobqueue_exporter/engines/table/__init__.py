"""A team's own jobs table in Postgres, by a mapping of its columns and states."""

from __future__ import annotations

from functools import partial

from jobqueue_exporter.engines.engine import About, Engine
from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.engines.sql.opening import opening
from jobqueue_exporter.engines.table import detect, roles
from jobqueue_exporter.engines.table.checkup import checkup
from jobqueue_exporter.engines.table.operator import TableOperator
from jobqueue_exporter.engines.table.proposal import propose
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.engines.table.writer_role import writer
from jobqueue_exporter.model import Signal, State

ENGINE = Engine(
    about=About(
        title="your own table in Postgres",
        states=frozenset(State),
        signals=frozenset(Signal) - {Signal.PAUSE, Signal.SCHEDULES},
        index="(state, queue, kind, run_at, created_at), partial on live rows; `jobqueue doctor` prints it",
        requeue="from its dead state to its waiting one: attempts 0, due now, locks and errors kept",
        tested="PostgreSQL 15",
    ),
    reader=TableReader,
    operator=TableOperator,
    operations=frozenset(Operation),
    checkup=checkup,
    propose=propose,
    role=partial(grants.role, tables=roles.tables),
    writer=writer,
    guards=opening,
    takes=detect.takes,
)
