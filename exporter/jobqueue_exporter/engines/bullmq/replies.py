"""What Redis replied, taken for what it means."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from jobqueue_exporter.sources.redis import Reply


def good(replies: Sequence[Reply]) -> Sequence[Reply]:
    """The replies of commands that all succeeded. Raises redis.ResponseError of the first that did not."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


def of_hashes(replies: Sequence[Reply]) -> list[Reply]:
    """The replies, None for a key that is no hash of a job. Raises redis.ResponseError of any other error."""
    return list(good([None if is_wrong_type(reply) else reply for reply in replies]))


def is_wrong_type(reply: Reply) -> bool:
    """Whether Redis refused a command because the key is of another type."""
    return isinstance(reply, Exception) and str(reply).startswith("WRONGTYPE")


def number(text: bytes | None) -> float | None:
    """The number that is written there; None for what is none."""
    try:
        found = None if text is None else float(text)
    except ValueError:
        return None
    return found if found is None or math.isfinite(found) else None


def mapping(text: bytes | None) -> Mapping[str, object]:
    """The object that is written there in JSON; an empty one for what is none."""
    try:
        found = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}
