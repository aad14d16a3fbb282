"""Reads the specs of alerts, ours and those of a user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file
from pathlib import Path
from typing import TypeVar

import msgspec

from jobqueue_exporter import paths
from jobqueue_exporter.bundle.spec import TOPICS, Alert, Spec, Topic
from jobqueue_exporter.config import document, duration
from jobqueue_exporter.config.basics import Duration, DurationOrZero
from jobqueue_exporter.config.nodes import Problem, Where
from jobqueue_exporter.errors import ConfigError

_UNKNOWN = re.compile(r"unknown field `(\w+)`")
Read = TypeVar("Read")


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
    _converted({**parsed.data, "alerts": {} if alerts else listed}, Topic, (), problems)
    found: list[Spec] = []
    for name, raw in alerts.items():
        where: Where = ("alerts", name)
        if alert := _converted(raw, Alert, where, problems):
            found.append(Spec(name, topic, alert, f"{parsed.name}:{parsed.lines.get(where, 1)}"))
    if problems:
        raise ConfigError(*parsed.told(problems))
    yield from found


def _converted(raw: object, kind: type[Read], where: Where, problems: list[Problem]) -> Read | None:
    """What a part of the file says; else the reason is a problem, at the key that it is about."""
    try:
        return msgspec.convert(raw, kind, dec_hook=_custom)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        inside = tuple(part for part in re.split(r"[.\[\]`]+", path) if part)
        unknown = _UNKNOWN.search(text)
        problems.append(Problem((*where, *inside, *((unknown[1],) if unknown else ())), text[:1].lower() + text[1:]))
    return None


def _custom(kind: type, raw: object) -> object:
    if issubclass(kind, DurationOrZero):
        return kind(duration.seconds(raw, zero=not issubclass(kind, Duration)))
    raise NotImplementedError(kind)
