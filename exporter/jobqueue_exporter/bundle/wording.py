"""What is wrong with names, severities and words of alerts, and with what mutes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from jobqueue_exporter.bundle.spec import AlertType, Severity, Spec

LONGEST_NAME = 40
KEEPS_FIRING_SECONDS = 600.0
_NAME = re.compile(r"JobQueue([A-Z]+[a-z0-9]+)+")
_SUMMARY = re.compile(r"[A-Z].*[^.!?]\.", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?]\s+[A-Z]")
_ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_VALUE = re.compile(r"\$value\b|\.Value\b")


def problems(specs: Sequence[Spec]) -> Iterator[str]:
    """All of it, with the place of each."""
    known = {spec.name: spec for spec in specs}
    for spec in specs:
        found = [*_name(spec), *_severity(spec), *_summary(spec), *_description(spec), *_muting(spec, known)]
        yield from (f"{spec.place}: {spec.name}: {problem}" for problem in found)


def _name(spec: Spec) -> Iterator[str]:
    if not _NAME.fullmatch(spec.name):
        yield "expected a name such as JobQueueWaitTooLong: JobQueue, then words ending in a small letter or a digit"
    if len(spec.name) > LONGEST_NAME:
        yield f"a name of {len(spec.name)} characters; {LONGEST_NAME} are the most"


def _severity(spec: Spec) -> Iterator[str]:
    alert = spec.alert
    if alert.severity is Severity.CRITICAL and alert.keep_firing_for < KEEPS_FIRING_SECONDS:
        yield "critical, so keep_firing_for must be 10m or more: its series vanish when what it watches dies"
    if alert.severity is Severity.CRITICAL and alert.alert_type is AlertType.CAUSE:
        yield "a cause is a warning; only a symptom, or the monitoring itself, pages"
    if alert.pages and alert.severity is not Severity.CRITICAL:
        yield "`pages` is for what is critical"
    if alert.pages and not {"source", "queue", "kind"} <= set(alert.by):
        yield "`pages` needs a result by source, queue and kind: those are what may page"
    if len(set(alert.by)) < len(alert.by):
        yield "`by` names a label twice"


def _summary(spec: Spec) -> Iterator[str]:
    text = spec.alert.summary
    if "{{" in text or "[=" in text:
        yield "the summary is static; what changes belongs in the description"
    elif not _SUMMARY.fullmatch(text) or _SENTENCE_END.search(text) or "\n" in text:
        yield "the summary is one sentence, with a capital first and a full stop last"


def _description(spec: Spec) -> Iterator[str]:
    text = " ".join(spec.alert.description.split())
    if not text.endswith("."):
        yield "the description ends with a full stop"
    if text == spec.alert.summary:
        yield "the description says no more than the summary"
    names = "[= lane =]" in text or "$labels." in text
    if "source" in spec.alert.by and not names:
        yield "the description names no lane and no source: put [= lane =] or {{ $labels.source }} into it"
    for action in _ACTION.findall(text):
        if (
            spec.alert.severity is not Severity.NONE
            and _VALUE.search(action)
            and "humanize" not in action
            and "printf" not in action
        ):
            yield "the description shows $value raw; use humanize, humanizeDuration or humanizePercentage"


def _muting(spec: Spec, known: Mapping[str, Spec]) -> Iterator[str]:
    for name in spec.alert.inhibited_by:
        if name not in known:
            yield f"inhibited_by: there is no alert {name}"
    if (way := _circle(spec.name, known)) and spec.name == min(way):
        yield f"inhibited_by: {' by '.join([*way, spec.name])}: together they mute each other"


def _circle(start: str, known: Mapping[str, Spec]) -> tuple[str, ...]:
    """A way that leads back to where it began, without its end; empty where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        spec = known.get(way[-1])
        for name in spec.alert.inhibited_by if spec else ():
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()
