"""What a configuration makes of the alerts: whose specs, with which settings, and who owns what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobqueue_exporter.bundle import specs
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.bundle.spec import Spec
from jobqueue_exporter.config import document, load
from jobqueue_exporter.config.nodes import Problem, Where
from jobqueue_exporter.config.types import Config, Owner
from jobqueue_exporter.errors import ConfigError

_PLACED = re.compile(r"(?P<path>(?:alerts|queues)(?:\.\w+|\[\d+\])+): (?P<text>.*)", re.DOTALL)
_STEP = re.compile(r"(\w+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Specs, ours first, and how they are rendered."""

    specs: tuple[Spec, ...]
    settings: Settings
    owners: Mapping[str, Owner]


def bundle(config: Config, *, scale: float = 1.0) -> Bundle:
    """What this configuration makes of the alerts. Raises ConfigError: a spec cannot be read, or is there twice."""
    extra = config.alerts.extra_dir
    found = (*specs.ours(), *(specs.of(Path(extra)) if extra else ()))
    if twice := list(_twice(found)):
        raise ConfigError(*twice)
    settings = Settings(alerts=config.alerts, links=config.links, external_url=config.server.external_url, scale=scale)
    return Bundle(found, settings, config.owners)


def placed(error: ConfigError, path: Path | None) -> ConfigError:
    """The same, what is wrong with `alerts` or `queues` of this configuration file (or of `jobqueue.yml` here) with its
    line."""
    file = path or load.DEFAULT_FILE
    if not file.is_file():
        return error
    read = document.read(file)
    return ConfigError(*(_placed(problem, read) for problem in error.problems))


def _placed(problem: str, read: document.Document) -> str:
    found = _PLACED.fullmatch(problem)
    if found is None:
        return problem
    where: Where = tuple(int(index) if index else name for name, index in _STEP.findall(found["path"]))
    return read.told([Problem(where, found["text"])])[0]


def _twice(found: tuple[Spec, ...]) -> Iterator[str]:
    first: dict[str, Spec] = {}
    for spec in found:
        if (other := first.setdefault(spec.name, spec)) is not spec:
            yield f"{spec.place}: {spec.name} is at {other.place} too; each alert needs a name of its own"
    topics = {spec.topic: spec for spec in reversed(found)}
    for spec in found:
        if topics[spec.topic].place.rpartition("/")[0] != spec.place.rpartition("/")[0]:
            where = topics[spec.topic].place
            yield f"{spec.place}: the topic {spec.topic} is at {where} too; give the file another name"
            break
