"""Whether each alert has its section in a runbook and its promtool tests, and each of these its alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.bundle.spec import Severity, Spec

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
    """Alerts that no test sees fire, or stay quiet; tests of alerts that are not there."""
    known = {spec.name for spec in specs}
    fires: set[str] = set()
    quiet: set[str] = set()
    for file in sorted(folder.rglob("*.yaml")):
        try:
            found = list(_cases(file.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            yield f"{file}: not YAML: {' '.join(str(error).split())}"
            continue
        for line, name, is_fire in found:
            if name not in known:
                yield f"{file}:{line}: there is no alert {name}, so that this test passes whatever happens"
            (fires if is_fire else quiet).add(name)
    for spec in specs:
        if spec.name not in fires:
            yield f"{spec.place}: {spec.name}: no case in {folder}/{spec.topic}.yaml sees it fire"
        if spec.name not in quiet and spec.alert.severity is not Severity.NONE:  # the Watchdog is never quiet
            yield f"{spec.place}: {spec.name}: no case in {folder}/{spec.topic}.yaml sees it stay quiet"


def _cases(text: str) -> Iterator[tuple[int, str, bool]]:
    """Line, alert, and whether it fires, of each case. Not by config.document: these files are long, and its reader
    is slow; what else is wrong with them promtool says."""
    for group in _items(_member(yaml.compose(text, Loader=_LOADER), "tests")):
        for case in _items(_member(group, "alert_rule_test")):
            name = _member(case, "alertname")
            yield case.start_mark.line + 1, str(name.value if name else ""), bool(_items(_member(case, "exp_alerts")))


def _member(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
