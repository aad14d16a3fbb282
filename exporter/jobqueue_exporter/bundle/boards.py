"""Which dashboard shows what an alert is about, and the link to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

UID = "jobqueue-"
"""How the uid of each of our dashboards begins; its name follows."""


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard, and the labels of alerts that links narrow it by."""

    name: str
    variables: tuple[str, ...]


_LANE = ("source", "queue", "kind")
_BY_TOPIC: Mapping[str, Board] = {
    "backlog": Board("queue", _LANE),
    "failures": Board("queue", _LANE),
    "workers": Board("workers", ("source", "queue")),
    "dead-letter-queue": Board("dead-letters", _LANE),
    "objectives": Board("objectives", _LANE),
    "schedules": Board("readiness", ("source",)),
    "readiness": Board("readiness", ("source",)),
    "exporter": Board("exporter", ("source",)),
}
_OF_OTHERS = Board("overview", ("source",))


def all_of_them() -> Iterator[Board]:
    """Every dashboard that alerts link to, each once."""
    yield from dict.fromkeys((*_BY_TOPIC.values(), _OF_OTHERS))


def url(grafana: str, topic: str, by: Sequence[str]) -> str:
    """The dashboard for an alert of this topic whose result has the labels `by`, over the last six hours. Values of
    labels are put in by Prometheus, escaped."""
    board = _BY_TOPIC.get(topic, _OF_OTHERS)
    chosen = [f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in board.variables if name in by]
    query = "&".join([*chosen, "from=now-6h", "to=now"])
    return f"{grafana.rstrip('/')}/d/{UID}{board.name}?{query}"
