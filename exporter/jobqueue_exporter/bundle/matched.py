"""Which results of an alert an override is for: as matchers of its own rule, and as what the other rules leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.config import pattern
from jobqueue_exporter.config.alert_types import AlertMatch

MARK = "jobqueue_lane"
"""The label that a result has while it is looked at for whom it is."""

_APART = "\n"
_OVERRIDDEN = "overridden"


def globs(match: AlertMatch) -> Mapping[str, str]:
    """What it says of each label that it narrows."""
    said = {"source": match.source, "queue": match.queue, "kind": match.kind}
    return {label: glob for label, glob in said.items() if glob != "*"}


def fits(match: AlertMatch, lane: Mapping[str, str]) -> bool:
    """Whether it matches this lane; not where the lane lacks a label that it narrows."""
    return all(label in lane and pattern.matches(glob, lane[label]) for label, glob in globs(match).items())


def matchers(match: AlertMatch) -> Mapping[str, str]:
    """The matchers of a selector, by label."""
    return {label: _matcher(glob) for label, glob in globs(match).items()}


def rest(expr: str, matches: Sequence[AlertMatch]) -> str:
    """The results of an expression that none of these match, told by their own labels: series that say which lanes
    there are vanish when an exporter does, and results of the past outlive it."""
    if not matches:
        return expr
    lane = ", ".join(f'"{label}"' for label in LANE)
    marked = f'label_join((\n{expr}\n), "{MARK}", {quoted(_APART)}, {lane})'
    for match in matches:
        marked = f'label_replace({marked}, "{MARK}", "{_OVERRIDDEN}", "{MARK}", {quoted(_lanes(match))})'
    theirs = f'label_replace(vector(1), "{MARK}", "{_OVERRIDDEN}", "", "")'
    return f'label_replace(\n{marked}\nunless on ({MARK}) {theirs}, "{MARK}", "", "", "")'


def quoted(text: str) -> str:
    """A text as PromQL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _lanes(match: AlertMatch) -> str:
    """The regular expression of the lanes that match, their labels joined."""
    said = globs(match)
    return _APART.join(_regex(said.get(label, "*"), f"[^{_APART}]") for label in LANE)


def _matcher(glob: str) -> str:
    if "*" not in glob and "?" not in glob:
        return f"={quoted(glob)}"
    return f"=~{quoted(_regex(glob, '.'))}"


def _regex(glob: str, any_one: str) -> str:
    # not fnmatch.translate: for two stars it writes an atomic group, which RE2 does not know
    wild = {"*": f"{any_one}*", "?": any_one}
    return "".join(wild.get(part) or re.escape(part) for part in re.split(r"([*?])", glob))
