"""Where panels stand: 24 columns, rows under each other, panels from left to right as they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from jobqueue_exporter.dashboards.source import Kind, Panel

COLUMNS = 24
SIZES: Mapping[Kind, tuple[int, int]] = {
    "stat": (4, 4),
    "bar-gauge": (8, 8),
    "timeseries": (12, 8),
    "heatmap": (12, 8),
    "state-timeline": (12, 8),
    "table": (24, 8),
    "alert-list": (24, 8),
}
"""Width and height by kind, unless a panel says otherwise."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle of the grid."""

    x: int
    y: int
    w: int
    h: int

    def data(self) -> dict[str, object]:
        """As Grafana has it."""
        return {"x": self.x, "y": self.y, "w": self.w, "h": self.h}

    def overlaps(self, other: Spot) -> bool:
        """Whether they share any cell."""
        beside = self.x + self.w <= other.x or other.x + other.w <= self.x
        above = self.y + self.h <= other.y or other.y + other.h <= self.y
        return not (beside or above)


def spots(panels: Sequence[Panel], top: int) -> tuple[Spot, ...]:
    """Where the panels of a row stand, below its title at `top`."""
    found: list[Spot] = []
    x, y, deepest = 0, top + 1, 0
    for panel in panels:
        width, height = SIZES[panel.kind]
        width, height = panel.width or width, panel.height or height
        if x + width > COLUMNS:
            x, y, deepest = 0, y + deepest, 0
        found.append(Spot(x, y, width, height))
        x, deepest = x + width, max(deepest, height)
    return tuple(found)


def bottom(spots: Sequence[Spot], top: int) -> int:
    """The first free line below a row whose title is at `top`."""
    return max((spot.y + spot.h for spot in spots), default=top + 1)


def panel_id(*path: str) -> int:
    """A number for a panel by its names: it stays when panels are added before it, so links to it stay good."""
    digest = blake2b("\0".join(path).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") & 0x7FFF_FFFF or 1
