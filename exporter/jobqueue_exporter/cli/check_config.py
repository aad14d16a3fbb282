"""`jobqueue check-config`: all that is wrong with a configuration, or what it contains."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.errors import ConfigError

if TYPE_CHECKING:
    from jobqueue_exporter.config.types import Config, Source

EXAMPLES = """\b
Examples:
  jobqueue check-config
  jobqueue check-config --config /etc/jobqueue/jobqueue.yml --output json
"""


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check_config(*, path: Path | None, output: str) -> None:
    """Say what is wrong with a jobqueue.yml, all of it, or else what is in it.

    What it says of alerts is held against the alerts that there are.

    Connects to nothing. Exits with 0 when the configuration can be used, else with 2.
    """
    from jobqueue_exporter.bundle import rendering
    from jobqueue_exporter.config.load import load

    try:
        config = load(path, os.environ)
        rendering.of(config, path)
    except ConfigError as error:
        if output == "text":
            raise
        click.echo(json.dumps({"ok": False, "problems": error.problems}, indent=2, ensure_ascii=False))
        click.get_current_context().exit(2)
    if output == "json":
        click.echo(json.dumps(_plain(config), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(config)))


def _plain(config: Config) -> dict[str, object]:
    return {
        "ok": True,
        "problems": [],
        "listen": config.server.listen,
        "sources": [_source(source) for source in config.sources],
        "queue_rules": len(config.queues),
    }


def _source(source: Source) -> dict[str, object]:
    from jobqueue_exporter import dsn

    place = dsn.address(source.dsn)
    return {
        "name": source.name,
        "engine": source.engine,
        "dsn": place.public(),
        "table": source.table,
        "notices": list(place.notices),
    }


def _lines(config: Config) -> Iterator[str]:
    from jobqueue_exporter import dsn

    yield f"fine: {_counted(len(config.sources), 'source')}, {_counted(len(config.queues), 'queue rule')}"
    for source in config.sources:
        place = dsn.address(source.dsn)
        engine = f"engine {source.engine}" if source.engine else "engine to be detected"
        table = f", table {source.table}" if source.table else ""
        yield f"  {source.name}: {place.public()}, {engine}{table}"
        yield from (f"    note: {notice}" for notice in place.notices)
    for rule in config.queues:
        match = rule.match
        lanes = f"source {match.source}, queue {match.queue}, kind {match.kind}"
        yield f"  {lanes}: {f'owned by {rule.owner}' if rule.owner else 'no owner'}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
