"""The kinds of simulated jobs: how many there are, how long they run, how urgent they are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job; `share` is its part of all jobs, priority 1 is the most urgent."""

    name: str
    share: float
    shortest_seconds: float
    longest_seconds: float
    priority: int


KINDS = {
    kind.name: kind
    for kind in (
        Kind("TRANSCRIBE", 0.20, 4.0, 15.0, 3),
        Kind("HIGHLIGHT_DETECT", 0.15, 2.0, 6.0, 4),
        Kind("CLIP_RENDER", 0.20, 3.0, 12.0, 5),
        Kind("PUBLISH_TIKTOK", 0.10, 1.0, 3.0, 2),
        Kind("ANALYTICS_INGEST", 0.25, 0.5, 1.5, 8),
        Kind("YOUTUBE_DOWNLOAD", 0.10, 3.0, 10.0, 5),
    )
}
