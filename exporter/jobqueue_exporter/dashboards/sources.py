"""Reads the sources of dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file
from pathlib import Path

from jobqueue_exporter import paths
from jobqueue_exporter.config import document
from jobqueue_exporter.config.nodes import Where
from jobqueue_exporter.config.typed import converted
from jobqueue_exporter.dashboards.source import Dashboard, Panel, Query, Row, Source
from jobqueue_exporter.errors import ConfigError


def ours() -> tuple[Source, ...]:
    """The dashboards of this package. Raises ConfigError, naming file and line."""
    with as_file(paths.data("grafana")) as folder:
        return of(folder)


def of(folder: Path) -> tuple[Source, ...]:
    """The dashboards of a folder, by the names of its files. Raises ConfigError with all that is wrong."""
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}")
    found: list[Source] = []
    problems: list[str] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            found.append(read(file))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return tuple(found)


def read(file: Path) -> Source:
    """One dashboard. Raises ConfigError with all that is wrong with its shape."""
    parsed = document.read(file)
    problems = list(parsed.problems)
    # By part, as msgspec tells only the first that is wrong.
    for where, raw, kind in _parts(parsed.data):
        converted(raw, kind, where, problems)
    dashboard = None if problems else converted(parsed.data, Dashboard, (), problems)
    if dashboard is None:
        raise ConfigError(*parsed.told(problems))
    return Source(file.stem, dashboard, parsed.name, dict(parsed.lines))


def _parts(data: object) -> Iterator[tuple[Where, object, type]]:
    """Every part that can be judged alone: what is in it is left out, unless it is no list."""
    yield (), _without(data, "rows"), Dashboard
    for at, row in _items(data, "rows"):
        yield ("rows", at), _without(row, "panels"), Row
        for index, panel in _items(row, "panels"):
            yield ("rows", at, "panels", index), _without(panel, "queries"), Panel
            for number, query in _items(panel, "queries"):
                yield ("rows", at, "panels", index, "queries", number), query, Query


def _without(raw: object, key: str) -> object:
    if isinstance(raw, dict) and isinstance(raw.get(key), list):
        return {**raw, key: []}
    return raw


def _items(raw: object, key: str) -> Iterator[tuple[int, object]]:
    listed = raw.get(key) if isinstance(raw, dict) else None
    yield from enumerate(listed if isinstance(listed, list) else ())
