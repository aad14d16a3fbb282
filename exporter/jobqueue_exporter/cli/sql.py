"""`jobqueue sql`: what we send to a database, and DDL that a team may add to it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from jobqueue_exporter.config.types import Source

EXAMPLES = """\b
Examples:
  jobqueue sql                        every query of one reading, and its guards
  jobqueue sql --explain              with the database's plan for each
  jobqueue sql heartbeats | psql      add the table by which idle workers can be seen
  jobqueue sql role                   the least-privilege role, to run as the owner of the tables
  jobqueue sql writer                 the role for write_dsn, which may change jobs too
"""


@click.command(epilog=EXAMPLES)
@click.argument("what", type=click.Choice(["reading", "heartbeats", "role", "writer"]), default="reading")
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml.")
@click.option("--source", "names", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option("--explain", is_flag=True, help="Add the database's plan, as comments; nothing more is run.")
def sql(*, what: str, path: Path | None, names: tuple[str, ...], explain: bool) -> None:
    """Print what we send to a database, as it was just sent, or DDL to add to it.

    WHAT is `reading` (the default), `heartbeats` (the table that workers may write their heartbeats to, and in
    comments how; needs no database), `role` (that readings need) or `writer` (that commands which change jobs need).
    """
    from jobqueue_exporter.cli.sources import chosen
    from jobqueue_exporter.config.load import load
    from jobqueue_exporter.engines.table import heartbeats

    if what == "heartbeats":
        click.echo(heartbeats.script(), nl=False)
        return
    sources = chosen(load(path, os.environ), names)
    for source in sources:
        if len(sources) > 1:
            click.echo(f"-- source {source.name}")
        click.echo(_printed(source, what, explain=explain))


def _printed(source: Source, what: str, *, explain: bool) -> str:
    from jobqueue_exporter import engines

    if what == "reading":
        return _reading(source, explain=explain)
    return "\n".join(engines.role(source) if what == "role" else engines.writer(source))


def _reading(source: Source, *, explain: bool) -> str:
    """The transaction of one reading with all its extras, which are known after a first one."""
    from jobqueue_exporter import engines
    from jobqueue_exporter.engines.protocol import Request
    from jobqueue_exporter.model import BUCKETS

    reader = engines.reader(source)
    try:
        reader.statements(Request(deadline=time.monotonic() + source.timeout, extras=frozenset()))
        extras = frozenset(collector.name for collector in reader.collectors)
        request = Request(deadline=time.monotonic() + source.timeout, extras=extras, thresholds=BUCKETS)
        found = reader.statements(request, explain=explain)
    finally:
        reader.close()
    guards = engines.guards(source)
    if not guards:
        return "\n".join(f"{one.text.strip()}  # {one.collector}" for one in found)
    queries = (_shown(one.collector, one.text, one.plan) for one in found)
    return "\n\n".join([f"-- guards; each query is given the time that is left\n{guards}", *queries, "COMMIT;"])


def _shown(collector: str, text: str, plan: str) -> str:
    comment = "".join(f"\n--   {line}" for line in plan.splitlines())
    return f"-- {collector}\n{text.strip()};{comment}"
