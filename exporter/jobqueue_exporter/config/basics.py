"""What the types of jobqueue.yml are made of."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType


class DurationOrZero(float):
    """Seconds, written in YAML as a number of seconds or as in 500ms, 5s, 10m, 2h, 1d."""


class Duration(DurationOrZero):
    """A duration that is more than 0."""


def seconds(seconds: float) -> Duration:
    """A default; a factory of it, since msgspec cannot write one of our types into a schema."""
    default: Duration = msgspec.field(default_factory=partial(Duration, seconds))
    return default


class EngineName(str):
    """A key of `config.engines.ENGINES`."""

    __slots__ = ()


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping in which every key is known."""


Name = Annotated[str, Meta(title="Name", pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", max_length=63)]
Count = Annotated[int, Meta(ge=1)]
Ratio = Annotated[float, Meta(gt=0, lt=1)]
ColumnName = str | None | UnsetType
