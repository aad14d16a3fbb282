"""The overview of a source as text for a terminal, as wide as that is; piped, one line for each thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobqueue_exporter.cli.check_lines import KEPT, check_lines, hanging, title
from jobqueue_exporter.cli.console import PIPED_WIDTH
from jobqueue_exporter.cli.documents import stats
from jobqueue_exporter.cli.lane_grid import age, lane_grid, number
from jobqueue_exporter.cli.next_command import shown
from jobqueue_exporter.durations import human
from jobqueue_exporter.health import PLACES
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import Place

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_RARE = ("scheduled", "retrying", "blocked", "stuck")
_NAME = 60


def overview(found: stats.Stats, width: int) -> list[RenderableType]:
    """All sources, each under its name; what they amount to comes first where there are several."""
    lines: list[RenderableType] = []
    if len(found.sources) > 1:
        bad = [f"{one.source} {one.status}" for one in found.sources if one.status not in ("ok", "unknown")]
        lines += [title("overall", found.status, f"  ({', '.join(bad)})" if bad else ""), ""]
    for index, one in enumerate(found.sources):
        lines += ["", *section(one, width)] if index else section(one, width)
    return lines


def section(one: stats.Source, width: int) -> list[RenderableType]:
    """One source. Of one that cannot be read, only why."""
    checks = one.checks if one.up else one.checks[:1]
    lines: list[RenderableType] = [title(one.source, one.status), *check_lines(checks, width)]
    if one.up:
        lines += ["", *_totals(one, width), *_lanes(one, width), "", *_workers(one, width), *_binaries(one, width)]
        lines += _failures(one, width)
        lines += [text for notice in one.notices for text in hanging([("notice    ", "yellow")], notice, width)]
    return lines + _advice(one, width)


def about_workers(one: stats.Source, width: int) -> list[RenderableType]:
    """What of a source there is to say beside its workers' checks."""
    return ["", *_workers(one, width), *_binaries(one, width), *_totals(one, width), *_failures(one, width)]


def _totals(one: stats.Source, width: int) -> list[Text]:
    """The states that are there, and always those that people ask for."""
    jobs, capped = one.jobs, one.at_least

    def told(name: str, state: str) -> str:
        return f"{name} {number(getattr(jobs, state), 'at least ' if state in capped else '')}"

    always = [told("pending", "pending"), told("running", "running"), told("dead", "dead_letter")]
    oldest = f"oldest pending {age(jobs.oldest_pending_seconds)}"
    others = [told(state, state) for state in _RARE if getattr(jobs, state)]
    return hanging([("jobs      ", "bold")], _listed([*always, oldest, *others]), width)


def _listed(told: list[str]) -> str:
    """All of it with commas between, each part in one piece."""
    return ", ".join(part.replace(" ", KEPT) for part in told)


def _lanes(one: stats.Source, width: int) -> list[RenderableType]:
    if not one.lanes:
        return []
    return ["", lane_grid(one, width, framed=width < PIPED_WIDTH), *_left_out(one)]


def _left_out(one: stats.Source) -> list[RenderableType]:
    lanes = "queue or kind is" if one.empty_lanes == 1 else "queues or kinds are"
    return [f"{one.empty_lanes} more {lanes} empty (--all shows them)"] if one.empty_lanes else []


def _workers(one: stats.Source, width: int) -> list[Text]:
    label = [("workers   ", "bold")]
    if one.workers is None:
        return hanging(label, "cannot tell: idle workers leave no trace in this source", width)
    found = one.workers
    told = [f"{found.live} live, {found.stale} stale"]
    if found.newest_heartbeat_age_seconds is not None:
        told.append(f"newest heartbeat {human(found.newest_heartbeat_age_seconds)} ago")
    if found.slots:
        told.append(f"{'?' if found.busy is None else found.busy} of {found.slots} slots busy")
    return hanging(label, _listed(told), width)


def _binaries(one: stats.Source, width: int) -> list[Text]:
    told = [_binary(each) for each in one.binaries]
    return hanging([("programs  ", "bold")], _listed(told), width) if told else []


def _binary(one: stats.Binary) -> str:
    if one.place is None:
        return f"{one.name}: nobody reports it"
    return f"{one.name} {'found' if one.available else 'MISSING'} {PLACES[Place(one.place)]}"


def _failures(one: stats.Source, width: int) -> list[Text]:
    if one.failures is None:
        text = "which jobs died last cannot be told here"
        return hanging([("errors    ", "bold")], text, width)
    if not one.failures:
        return []
    lines = hanging([("errors    ", "bold")], "died in the last hour, the newest first:", width)
    for each in one.failures:
        lane = f"{each.queue}/{each.kind}" if each.kind else each.queue
        text = f"{line(each.id, _NAME)}  {line(lane, _NAME)}  {each.error or 'no error is kept'}"
        lines += hanging([(f"  {f'{human(each.age_seconds)} ago':<13}", "")], text, width)
    return lines


def _advice(one: stats.Source, width: int) -> list[RenderableType]:
    if not one.advice:
        return []
    from rich.text import Text

    lines: list[RenderableType] = ["", *hanging([("what to do", "bold")], "", width)]
    for each in one.advice:
        lines += hanging([("  - ", "")], each.text, width)
        if each.command:
            # Not folded: what is pasted must stay one line.
            lines.append(Text(f"    {shown(each.command)}"))
    return lines
