"""Plain data of a YAML file as our types, with what is wrong at the key that it is about."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from jobqueue_exporter.config import duration
from jobqueue_exporter.config.basics import Duration, DurationOrZero
from jobqueue_exporter.config.nodes import Problem, Where

_UNKNOWN = re.compile(r"unknown field `(\w+)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
Read = TypeVar("Read")


def converted(raw: object, kind: type[Read], where: Where, problems: list[Problem]) -> Read | None:
    """What a part of the file says; else the reason is added to the problems."""
    try:
        return msgspec.convert(raw, kind, dec_hook=custom)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        inside = tuple(int(index) if index else name for name, index in _STEP.findall(path.rstrip("`")))
        unknown = _UNKNOWN.search(text)
        problems.append(Problem((*where, *inside, *((unknown[1],) if unknown else ())), text[:1].lower() + text[1:]))
    return None


def custom(kind: type, raw: object) -> object:
    """A value of one of our own types; what msgspec needs to know of them. Raises ValueError."""
    if issubclass(kind, DurationOrZero):
        return kind(duration.seconds(raw, zero=not issubclass(kind, Duration)))
    raise NotImplementedError(kind)
