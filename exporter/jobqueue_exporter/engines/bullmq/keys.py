"""The names of BullMQ's keys, and of the connections of its workers."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from enum import Enum

_GLOB = str.maketrans({c: f"\\{c}" for c in "*?[]\\^"})
_WORKER = ":w:"
_EVENTS = ":qe"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one queue; the name of the queue may hold anything, colons too."""

    prefix: str
    queue: str

    def of(self, part: str) -> bytes:
        """The key of a part of the queue, such as `wait`."""
        return f"{self.prefix}:{self.queue}:{part}".encode()

    def job(self, job_id: bytes) -> bytes:
        """The key of a job's hash."""
        return self.of("") + job_id

    def lock(self, job_id: bytes) -> bytes:
        """The key that a worker keeps alive while it works on a job."""
        return self.job(job_id) + b":lock"


class Role(Enum):
    """What a named connection is for."""

    WORKER = "worker"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Client:
    """A connection that BullMQ has named after a queue."""

    queue: str
    role: Role


def meta_pattern(prefix: str) -> str:
    """What SCAN matches to find the one key that each queue has."""
    return f"{escaped(prefix)}:*:meta"


def escaped(text: str) -> str:
    """The text without a meaning for Redis' patterns."""
    return text.translate(_GLOB)


def queue_of_meta(key: bytes, prefix: str) -> str | None:
    """The queue whose key this is; None for a key that is no text."""
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return None
    return text[len(prefix) + 1 : -len(":meta")] or None


def client(name: str, prefix: str) -> Client | None:
    """What a connection of this name is for; None for one that is not of BullMQ or has another prefix.

    A worker calls it `<prefix>:<base64 of the queue>`, with `:w:<its name>` if it has one.
    """
    if not name.startswith(f"{prefix}:"):
        return None
    encoded, colon, rest = name[len(prefix) + 1 :].partition(":")
    suffix = colon + rest
    role = Role.EVENTS if suffix == _EVENTS else Role.WORKER if not suffix or suffix.startswith(_WORKER) else None
    try:
        queue = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return Client(queue, role) if role is not None and queue else None


def worker(name: str) -> str:
    """The name that a worker was given, by that of its connection; empty where it has none."""
    return name.partition(_WORKER)[2]
