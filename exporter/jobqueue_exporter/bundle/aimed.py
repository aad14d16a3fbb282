"""Commands of a runbook aimed at the lane that an alert is about, so that what is pasted changes nothing else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace

from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.catalog.metric import LANE

TAKES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("jobs list", "jobs reclaim", "dlq list", "dlq requeue-all", "dlq export", "runbook"), LANE),
    **dict.fromkeys(
        ("once", "doctor", "sql", "ready", "jobs stats", "jobs status", "jobs history", "jobs watch", "jobs cancel"),
        ("source",),
    ),
    **dict.fromkeys(("workers status", "workers list", "workers kill"), ("source",)),
    **dict.fromkeys(("dlq inspect", "dlq stats", "dlq requeue", "dlq abandon", "dlq delete"), ("source",)),
}
"""Which commands can be told a lane, and by which options; a test holds it against the commands."""

_FENCE = re.compile(
    r"(?P<open>^[ \t]*(?P<mark>`{3,})sh[^\n]*\n)(?P<text>.*?)(?P<close>^[ \t]*(?P=mark)`*[ \t]*$)",
    re.DOTALL | re.MULTILINE,
)
_CALL = re.compile(
    rf"\bjobqueue (?P<path>{'|'.join(sorted(TAKES, key=len, reverse=True))})(?![\w-])(?P<rest>[^\n|;&)]*)"
)


def page(told: Page, lane: Mapping[str, str]) -> Page:
    """The page with the options of this lane in each command that has them. Labels that are empty are left out, and so
    are those that no terminal should be given."""
    sections = tuple(replace(each, text=text(each.text, lane)) for each in told.sections)
    return replace(told, opening=text(told.opening, lane), sections=sections)


def text(markdown: str, lane: Mapping[str, str]) -> str:
    """The same for a piece of Markdown."""
    known = {label: lane[label] for label in LANE if lane.get(label, "") and lane[label].isprintable()}
    if "source" not in known:
        return markdown
    return _FENCE.sub(lambda found: found["open"] + commands(found["text"], known) + found["close"], markdown)


def commands(block: str, lane: Mapping[str, str]) -> str:
    """The same for a block of shell."""
    return _CALL.sub(lambda found: _aimed(found, lane), block)


def _aimed(call: re.Match[str], lane: Mapping[str, str]) -> str:
    said = set(re.findall(r"--(\w+)", call["rest"]))
    more = [
        f" --{label} {shlex.quote(lane[label])}" for label in TAKES[call["path"]] if label in lane and label not in said
    ]
    return f"jobqueue {call['path']}{''.join(more)}{call['rest']}"
