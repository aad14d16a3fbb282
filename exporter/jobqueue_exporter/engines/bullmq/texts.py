"""Texts of jobs, which may be of any size: only so much of them is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq.replies import of_hashes
from jobqueue_exporter.sources.redis import Command, Session

LONGEST = 64 * 1024
TOGETHER = 16 * 1024 * 1024
"""Bytes of one text, and of all of one reading."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text of one job: the first of these fields that is not empty. Those of the lowest rank are read first."""

    key: bytes
    fields: tuple[str, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the field that holds it."""

    field: str
    value: bytes


def read(session: Session, wanted: Sequence[Wanted]) -> list[Text | None]:
    """The texts in two round trips, None for those that are not there or too long. Raises redis.RedisError."""
    lengths = iter(of_hashes(session.replies([("HSTRLEN", one.key, field) for one in wanted for field in one.fields])))
    sizes = [{field: next(lengths) or 0 for field in one.fields} for one in wanted]
    fields: dict[int, str] = {}
    left = TOGETHER
    for at in sorted(range(len(wanted)), key=lambda at: wanted[at].rank):
        field, size = next(((field, size) for field, size in sizes[at].items() if size), ("", 0))
        if 0 < size <= min(LONGEST, left):
            fields[at] = field
            left -= size
    asked: list[Command] = [("HGET", wanted[at].key, field) for at, field in fields.items()]
    values = dict(zip(fields, of_hashes(session.replies(asked)), strict=True))
    return [Text(fields[at], value) if (value := values.get(at)) else None for at in range(len(wanted))]
