"""Whether each alert has its section in a runbook and its promtool tests, and each of these its alert."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.bundle.spec import Severity, Spec

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d+)([smhdw])")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C where PyYAML was built with it


def sections(specs: Sequence[Spec], pages: Sequence[Page]) -> Iterator[str]:
    """Alerts without a section, and sections without an alert. Procedures belong to no alert."""
    by_topic = {page.name: page for page in pages}
    for spec in specs:
        page = by_topic.get(spec.topic)
        if page is None:
            yield f"{spec.place}: {spec.name}: there is no runbook {spec.topic}.md"
        elif page.section(spec.name) is None:
            yield f"{spec.place}: {spec.name}: {page.place} has no section `## {spec.name}`"
    topics = {spec.name: spec.topic for spec in specs}
    for page in pages:
        seen: set[str] = set()
        for section in page.sections:
            where = f"{page.place}:{section.line}"
            if section.name in seen:
                yield f"{where}: there are two sections {section.name}"
            seen.add(section.name)
            if page.name.startswith("procedures/"):
                continue
            if topics.get(section.name) != page.name:
                yield f"{where}: no alert of {page.name}.yaml is called {section.name}"


def tests(specs: Sequence[Spec], folder: Path) -> Iterator[str]:
    """Alerts that no test sees fire, stay quiet or resolve; tests of alerts that are not there."""
    known = {spec.name for spec in specs}
    seen: set[tuple[str, str]] = set()
    for file in sorted(folder.rglob("*.yaml")):
        try:
            groups = list(_groups(file.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            yield f"{file}: not YAML: {' '.join(str(error).split())}"
            continue
        for looks in groups:
            for look in looks:
                if look.alert not in known:
                    where = f"{file}:{look.line}"
                    yield f"{where}: there is no alert {look.alert}, so that this test passes whatever happens"
            seen |= set(_seen(looks))
    for spec in specs:
        # the Watchdog always fires
        for what in ("fire", "stay quiet", "resolve") if spec.alert.severity is not Severity.NONE else ("fire",):
            if (spec.name, what) not in seen:
                yield f"{spec.place}: {spec.name}: no case in {folder}/{spec.topic}.yaml sees it {what}"


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at an alert in a case: in which line it stands, after how
    many seconds, and whether the alert fires then."""

    line: int
    alert: str
    at: int
    fires: bool


def _seen(looks: Sequence[_Look]) -> Iterator[tuple[str, str]]:
    """What the looks of one case see of each alert."""
    for look in looks:
        yield look.alert, "fire" if look.fires else "stay quiet"
        if not look.fires and any(each.fires and each.alert == look.alert and each.at < look.at for each in looks):
            yield look.alert, "resolve"


def _groups(text: str) -> Iterator[list[_Look]]:
    """The looks of each case. Not by config.document: these files are long, and its reader is slow; what else is wrong
    with them promtool says."""
    for group in _items(_member(yaml.compose(text, Loader=_LOADER), "tests")):
        yield [_look(case) for case in _items(_member(group, "alert_rule_test"))]


def _look(case: yaml.Node) -> _Look:
    name, at = _member(case, "alertname"), _member(case, "eval_time")
    when = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(str(at.value if at else "")))
    fires = bool(_items(_member(case, "exp_alerts")))
    return _Look(case.start_mark.line + 1, str(name.value if name else ""), when, fires)


def _member(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
