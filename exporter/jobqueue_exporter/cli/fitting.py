"""An overview cut to the height of a screen: lanes go first, what to do goes last."""

from __future__ import annotations

import msgspec
from rich.console import Console, Group, RenderableType
from rich.text import Text

from jobqueue_exporter.cli.documents import stats
from jobqueue_exporter.cli.overview_lines import overview
from jobqueue_exporter.health import Status

_LEAST_LANES = 3


def fitted(found: stats.Stats, out: Console, width: int, height: int) -> list[RenderableType]:
    """The overview with less and less of what can be spared, as far as it has to be; the rest is cut at the end."""
    lines = overview(found, width)
    for spare in (_without_what_is_well, _without_errors):
        if _height(out, lines, width) <= height:
            return lines
        found = msgspec.structs.replace(found, sources=tuple(map(spare, found.sources)))
        lines = overview(found, width)
    over = _height(out, lines, width) - height
    if over <= 0:
        return lines
    found = msgspec.structs.replace(found, sources=tuple(sorted(found.sources, key=_badness)))
    lines = overview(_fewer(found, over), width)
    if _height(out, lines, width) <= height:
        return lines
    drawn = out.render_lines(Group(*lines), out.options.update(width=width), pad=False)[: height - 1]
    kept = [Text.assemble(*((segment.text, segment.style or "") for segment in line)) for line in drawn]
    return [*kept, Text("… the screen ends here: make it taller, or see `jobqueue jobs stats`", "dim")]


def _badness(one: stats.Source) -> int:
    """What to sort by, so that what is cut is what is best."""
    return -list(Status).index(Status(one.status))


def _without_what_is_well(one: stats.Source) -> stats.Source:
    if not one.up:
        return one
    checks = tuple(check for check in one.checks if check.status not in ("ok", "unknown"))
    binaries = tuple(each for each in one.binaries if not each.available)
    return msgspec.structs.replace(one, checks=checks, binaries=binaries)


def _without_errors(one: stats.Source) -> stats.Source:
    return msgspec.structs.replace(one, failures=())


def _fewer(found: stats.Stats, over: int) -> stats.Stats:
    """So many lanes fewer, each source losing its part and a line for saying so."""
    sources = []
    shown = sum(len(one.lanes) for one in found.sources)
    for one in found.sources:
        share = -(-over * len(one.lanes) // max(shown, 1)) + 1
        kept = one.lanes[: max(_LEAST_LANES, len(one.lanes) - share)]
        cut = len(one.lanes) - len(kept)
        notices = (f"{cut} more queues and kinds are not shown: make the screen taller",) if cut else ()
        sources.append(msgspec.structs.replace(one, lanes=kept, notices=notices))
    return msgspec.structs.replace(found, sources=tuple(sources))


def _height(out: Console, lines: list[RenderableType], width: int) -> int:
    return len(out.render_lines(Group(*lines), out.options.update(width=width), pad=False))
