"""Which jobs of a queue are in a state, the oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobqueue_exporter.engines.bullmq.jobs import Place, good
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.redis import Command, Session

_HELD: Mapping[State, tuple[str, ...]] = {
    State.PENDING: ("wait", "paused", "prioritized", "delayed"),
    State.SCHEDULED: ("delayed",),
    State.RETRYING: ("delayed",),
    State.BLOCKED: ("waiting-children",),
    State.RUNNING: ("active",),
    State.DEAD_LETTER: ("failed",),
}
_OF_DEAD_LETTER_QUEUE: Mapping[State, tuple[str, ...]] = {
    State.DEAD_LETTER: ("wait", "paused", "prioritized", "delayed", "waiting-children", "failed"),
    State.RUNNING: ("active",),
}
_LISTS = ("wait", "paused", "active")
LOOKED_AT = 1000
"""How many delayed jobs are looked at to find those that were tried before, or were not."""


def places(session: Session, keys: Keys, state: State, limit: int, *, dead_letters: bool) -> list[Place]:
    """Where jobs of that state may be, `limit` of each list and set at most. Raises redis.RedisError."""
    held = (_OF_DEAD_LETTER_QUEUE if dead_letters else _HELD).get(state, ())
    replies = good(session.replies([_command(keys, part, limit) for part in held]))
    return [place for part, reply in zip(held, replies, strict=True) for place in _places(keys.queue, part, reply)]


def _command(keys: Keys, part: str, limit: int) -> Command:
    if part in _LISTS:
        return ("LRANGE", keys.of(part), -limit, -1)
    most = max(limit, LOOKED_AT) if part == "delayed" else limit
    return ("ZRANGE", keys.of(part), 0, most - 1, "WITHSCORES")


def _places(queue: str, part: str, reply: Sequence[bytes]) -> list[Place]:
    if part in _LISTS:
        return [Place(queue, one, part) for one in reversed(reply) if not one.startswith(b"0:")]
    return [Place(queue, one, part, float(score)) for one, score in zip(reply[::2], reply[1::2], strict=True)]
