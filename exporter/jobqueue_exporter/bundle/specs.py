"""Reads the specs of alerts, ours and those of a user."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file
from pathlib import Path

from jobqueue_exporter import paths
from jobqueue_exporter.bundle.spec import TOPICS, Alert, Spec, Topic
from jobqueue_exporter.bundle.typed import converted
from jobqueue_exporter.config import document
from jobqueue_exporter.config.nodes import Where
from jobqueue_exporter.errors import ConfigError


@cache
def ours() -> tuple[Spec, ...]:
    """The alerts of this package, in the order of topics. Raises ConfigError, naming file and line."""
    with as_file(paths.data("alerts")) as folder:
        return tuple(spec for topic in TOPICS if (folder / f"{topic}.yaml").exists() for spec in _read(folder, topic))


def of(folder: Path) -> tuple[Spec, ...]:
    """The alerts of a folder of somebody's own specs, by the names of its files. Raises ConfigError."""
    if not folder.is_dir():
        raise ConfigError(f"alerts.extra_dir: there is no folder {folder}")
    return tuple(spec for file in sorted(folder.glob("*.yaml")) for spec in _read(folder, file.stem))


def title(topic: str) -> str:
    """The title of a topic of ours. Raises ConfigError."""
    with as_file(paths.data("alerts")) as folder:
        return str(document.read(folder / f"{topic}.yaml").data["title"])


def _read(folder: Path, topic: str) -> Iterator[Spec]:
    """The alerts of one file. Raises ConfigError with all that is wrong with it."""
    parsed = document.read(folder / f"{topic}.yaml")
    problems = list(parsed.problems)
    listed = parsed.data.get("alerts")
    alerts = listed if isinstance(listed, dict) else {}
    converted({**parsed.data, "alerts": {} if alerts else listed}, Topic, (), problems)
    found: list[Spec] = []
    for name, raw in alerts.items():
        where: Where = ("alerts", name)
        if alert := converted(raw, Alert, where, problems):
            found.append(Spec(name, topic, alert, f"{parsed.name}:{parsed.lines.get(where, 1)}"))
    if problems:
        raise ConfigError(*parsed.told(problems))
    yield from found
