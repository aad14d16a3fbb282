"""How long, and how many at once, clients may keep the server waiting."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field

MOST_CLIENTS = 256


def _clients() -> int:
    # Each client is one open file; half of what we may open is left for sources and the rest.
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CLIENTS if files == resource.RLIM_INFINITY else max(8, min(MOST_CLIENTS, files // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds for the handshake and the first headers, between requests, to take a response, and to end."""

    request: float = 10
    idle: float = 75
    response: float = 30
    ending: float = 0.5
    clients: int = field(default_factory=_clients)
