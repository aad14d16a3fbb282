"""procrastinate: jobs in Postgres, an event for each thing that happens to one, workers with heartbeats."""

from __future__ import annotations

from functools import partial

from jobqueue_exporter.engines.engine import About, Engine
from jobqueue_exporter.engines.procrastinate import roles
from jobqueue_exporter.engines.procrastinate.checkup import checkup
from jobqueue_exporter.engines.procrastinate.namespace import EVENTS, JOBS
from jobqueue_exporter.engines.procrastinate.operator import ProcrastinateOperator
from jobqueue_exporter.engines.procrastinate.procedures import OFFERED
from jobqueue_exporter.engines.procrastinate.reader import ProcrastinateReader
from jobqueue_exporter.engines.procrastinate.writer_role import writer
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.engines.sql.opening import opening
from jobqueue_exporter.model import Signal, State

_NOT_TOLD = {Signal.SLOTS, Signal.PAUSE, Signal.CAUSES, Signal.RECOVERY, Signal.SCHEDULES}

ENGINE = Engine(
    about=About(
        title="procrastinate",
        states=frozenset(State),
        signals=frozenset(Signal) - _NOT_TOLD,
        index="its own; for dead letters (id, queue_name, task_name) of failed jobs, which `jobqueue doctor` prints",
        requeue="`procrastinate_retry_job_v2`, its own procedure, from 3.4 on; running jobs are stuck after `lease` "
        "(60 s), where the engine itself says 30 s, and are reclaimed after the longer of both",
        tested="3.10 on PostgreSQL 15",
    ),
    reader=ProcrastinateReader,
    operator=ProcrastinateOperator,
    operations=OFFERED,
    tables=frozenset({JOBS, EVENTS}),
    checkup=checkup,
    role=partial(grants.role, tables=roles.tables),
    writer=writer,
    guards=opening,
)
