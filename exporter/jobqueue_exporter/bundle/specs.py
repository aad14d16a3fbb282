"""Reads the specs of alerts, ours and those of a user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import as_file
from pathlib import Path

from jobqueue_exporter import paths
from jobqueue_exporter.bundle.spec import TOPICS, Alert, Spec, Topic
from jobqueue_exporter.config import document
from jobqueue_exporter.config.nodes import Where
from jobqueue_exporter.config.typed import converted
from jobqueue_exporter.errors import ConfigError


@cache
def ours() -> tuple[Spec, ...]:
    """The alerts of this package, in the order of topics. Raises ConfigError, naming file and line."""
    with as_file(paths.data("alerts")) as folder:
        return of_topics(folder)


def of_topics(folder: Path) -> tuple[Spec, ...]:
    """The alerts of a folder of our topics, in their order. Raises ConfigError: there is a file of another name."""
    there = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
    strange = [
        f"{file}: there is no topic {topic}; the topics are {', '.join(TOPICS)}, and alerts of your own are in the "
        "folder that alerts.extra_dir names"
        for topic, file in there.items()
        if topic not in TOPICS
    ]
    if strange:
        raise ConfigError(*strange)
    return tuple(spec for topic in TOPICS if topic in there for spec in _read(folder, topic))


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
        raise ConfigError(*parsed.told(replace(each, text=_worded(each.text)) for each in problems))
    yield from found


def _worded(text: str) -> str:
    """A problem with a threshold in plain words."""
    return text.replace("`float | str`", "a number, or a duration such as 10m")
