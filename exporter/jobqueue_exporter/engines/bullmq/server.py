"""What Redis says of itself: its clock, its version and who is connected."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq.workers import Connected, connected
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.redis import Reply, Session
from jobqueue_exporter.sources.redis_errors import said

_VERSION = re.compile(rb"^(redis|valkey|dragonfly)_version:[^\d\r\n]*([\w.-]{1,20})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """One Redis at one moment: `now` is in milliseconds. `connected` is None where Redis would not say, and
    `unlisted` is why."""

    now: float
    version: str
    connected: Connected | None
    unlisted: str = ""


def read(session: Session, prefix: str, database: int) -> Server:
    """What the server says in one round trip, of the connections those to one database.

    Raises:
        Refused: it does not tell the time.
        redis.RedisError: the line broke.
    """
    time, info, clients = session.replies([("TIME",), ("INFO", "server"), ("CLIENT", "LIST")])
    if isinstance(time, Exception):
        raise time
    if not isinstance(time, list) or len(time) != 2:
        raise Refused("it does not tell the time: is it a Redis?")
    now = int(time[0]) * 1000 + int(time[1]) / 1000
    if not isinstance(clients, bytes):
        return Server(now, _version(info), None, said(clients))
    return Server(now, _version(info), connected(clients, prefix, database))


def _version(info: Reply) -> str:
    """Its own name and version; a fork gives Redis' as well, for old clients."""
    found = dict(_VERSION.findall(info)) if isinstance(info, bytes) else {}
    name = next((name for name in (b"valkey", b"dragonfly", b"redis") if name in found), None)
    return f"{name.decode().capitalize()} {found[name].decode()}" if name else "Redis"
