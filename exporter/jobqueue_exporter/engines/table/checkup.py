"""What `jobqueue doctor` asks of a jobs table: can it be read, rightly, cheaply, and with no needless rights."""

from __future__ import annotations

import time
from collections.abc import Iterator

from psycopg.sql import Literal

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines import checkups
from jobqueue_exporter.engines.protocol import Finding, Part, Status
from jobqueue_exporter.engines.sql import standing
from jobqueue_exporter.engines.table import advice, roles, untold
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.sources.postgres import Postgres, Session

_RIGHTS = """
SELECT current_user, rolsuper, rolbypassrls,
       has_table_privilege({table}, 'INSERT') OR has_table_privilege({table}, 'UPDATE')
       OR has_table_privilege({table}, 'DELETE')
FROM pg_roles WHERE rolname = current_user
"""


def checkup(source: Source) -> Iterator[Finding]:
    """Findings as they are made; the first that fails may be the last."""
    database = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
    reader = TableReader(source, database)
    try:
        yield from _connection(database, source)
        yield from _table(database, reader, source)
    except SourceError as error:
        yield checkups.failed(source, error)
    yield from standing.findings(database, source, roles.tables)
    database.close()


def _connection(database: Postgres, source: Source) -> Iterator[Finding]:
    parsed = dsn.parse(source.dsn)
    start = time.perf_counter()
    with database.session(time.monotonic() + source.timeout) as session:
        took = time.perf_counter() - start
        version, host_clock = session.rows(
            "SELECT current_setting('server_version'), date_part('epoch', clock_timestamp())"
        )[0]
        skew = host_clock - time.time()
    yield Finding(Status.OK, "connect", f"{parsed.public()}: PostgreSQL {version}, connected in {took * 1000:.0f} ms")
    yield checkups.clock(skew)


def _table(database: Postgres, reader: TableReader, source: Source) -> Iterator[Finding]:
    parts: list[Part] = []
    with database.session(time.monotonic() + source.timeout) as session:
        plan = reader.plan(session)
        yield Finding(Status.OK, "engine", f"table: {'; '.join(plan.describe())}")
        yield from _rights(session, plan)
        yield from advice.findings(plan)
        yield from untold.findings(plan)
    for _ in range(checkups.READINGS):
        parts += reader.read(checkups.request(reader, source))
    failed = {part.collector: part.error for part in parts if part.error}
    yield from (Finding(Status.FAILED, name, error) for name, error in failed.items())
    for notice in plan.notices:
        yield Finding(Status.WARNING, "mapping", notice)
    yield checkups.cost(reader, source, parts)


def _rights(session: Session, plan: Plan) -> Iterator[Finding]:
    relation = plan.jobs.relation
    table = Literal(relation.sql).as_string()
    user, is_super, bypasses, writes = session.rows(_RIGHTS.format(table=table))[0]
    if is_super or writes:
        what = "is a superuser" if is_super else f"may write to {relation.label}"
        yield Finding(Status.WARNING, "rights", f"role {user} {what}; we only read: use the role printed below instead")
    else:
        yield Finding(Status.OK, "rights", f"role {user} may read {relation.label} and not write to it")
    if bypasses and not is_super:
        yield Finding(Status.INFO, "rights", f"role {user} bypasses row-level security")
