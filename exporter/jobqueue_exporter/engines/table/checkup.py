"""What `jobqueue doctor` asks of a jobs table: can it be read, rightly, cheaply, and with no needless rights."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from psycopg.sql import Literal

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Finding, Part, Request, Status
from jobqueue_exporter.engines.table import advice, roles
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.model import BUCKETS
from jobqueue_exporter.sources.postgres import Postgres, Session

READINGS = 3
SCRAPE_SECONDS = 15.0
SKEW_SECONDS = 2.0

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
        yield Finding(Status.FAILED, "read", str(error))
    yield from _role(database, source)
    database.close()


def _connection(database: Postgres, source: Source) -> Iterator[Finding]:
    parsed = dsn.parse(source.dsn)
    for notice in parsed.notices:
        yield Finding(Status.INFO, "dsn", notice)
    start = time.perf_counter()
    with database.session(time.monotonic() + source.timeout) as session:
        took = time.perf_counter() - start
        version, host_clock = session.rows(
            "SELECT current_setting('server_version'), date_part('epoch', clock_timestamp())"
        )[0]
        skew = host_clock - time.time()
    yield Finding(Status.OK, "connect", f"{parsed.public()}: PostgreSQL {version}, connected in {took * 1000:.0f} ms")
    grave = abs(skew) > SKEW_SECONDS
    words = f"the database's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    yield Finding(
        Status.WARNING if grave else Status.OK,
        "clock",
        words + ("; ages are right, but alerts on heartbeats compare both clocks: run NTP" if grave else ""),
    )


def _table(database: Postgres, reader: TableReader, source: Source) -> Iterator[Finding]:
    parts: list[Part] = []
    with database.session(time.monotonic() + source.timeout) as session:
        plan = reader.plan(session)
        yield Finding(Status.OK, "engine", f"table: {'; '.join(plan.describe())}")
        yield from _rights(session, plan)
        yield from advice.findings(plan)
    for _ in range(READINGS):
        parts += reader.read(_request(reader, source))
    failed = {part.collector: part.error for part in parts if part.error}
    yield from (Finding(Status.FAILED, name, error) for name, error in failed.items())
    for notice in plan.notices:
        yield Finding(Status.WARNING, "mapping", notice)
    yield _cost(reader, source, parts)


def _request(reader: TableReader, source: Source) -> Request:
    extras = frozenset(collector.name for collector in reader.collectors)
    return Request(deadline=time.monotonic() + source.timeout, extras=extras, thresholds=BUCKETS)


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


def _cost(reader: TableReader, source: Source, parts: list[Part]) -> Finding:
    core = [one.name for one in reader.collectors if one.tier == "core"]
    by_name = {
        one.name: statistics.median(part.seconds for part in parts if part.collector == one.name)
        for one in reader.collectors
    }
    seconds = sum(by_name[name] for name in core)
    share = seconds / SCRAPE_SECONDS
    detail = ", ".join(f"{name} {took * 1000:.1f} ms" for name, took in by_name.items())
    dear = share > source.budget
    return Finding(
        Status.WARNING if dear else Status.OK,
        "cost",
        f"a scrape takes {seconds * 1000:.1f} ms of the database's time, {share:.2%} of it at one in "
        f"{SCRAPE_SECONDS:.0f} s ({detail})" + ("; see the index above, or scrape less often" if dear else ""),
    )


def _role(database: Postgres, source: Source) -> Iterator[Finding]:
    try:
        with database.session(time.monotonic() + source.timeout) as session:
            lines = roles.statements(session, source)
    except SourceError:
        return
    yield Finding(
        Status.INFO,
        "role",
        "the least that an exporter's role needs; run it as the owner of the tables, with a password of yours",
        "\n".join(lines),
    )
