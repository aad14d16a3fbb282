"""Whether each alert has its section in a runbook and its promtool tests, and each of these its alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.bundle.spec import Severity, Spec
from jobqueue_exporter.config import document
from jobqueue_exporter.errors import ConfigError


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
            read = document.read(file)
        except ConfigError as error:
            yield from error.problems
            continue
        for line, name, is_fire in _cases(read):
            if name not in known:
                yield f"{read.name}:{line}: there is no alert {name}, so that this test passes whatever happens"
            (fires if is_fire else quiet).add(name)
    for spec in specs:
        if spec.name not in fires:
            yield f"{spec.place}: {spec.name}: no case in {folder}/{spec.topic}.yaml sees it fire"
        if spec.name not in quiet and spec.alert.severity is not Severity.NONE:  # the Watchdog is never quiet
            yield f"{spec.place}: {spec.name}: no case in {folder}/{spec.topic}.yaml sees it stay quiet"


def _cases(read: document.Document) -> Iterator[tuple[int, str, bool]]:
    groups = read.data.get("tests")
    for index, group in enumerate(groups if isinstance(groups, list) else ()):
        cases = group.get("alert_rule_test") if isinstance(group, dict) else None
        for number, case in enumerate(cases if isinstance(cases, list) else ()):
            if isinstance(case, dict):
                line = read.lines.get(("tests", index, "alert_rule_test", number), 1)
                yield line, str(case.get("alertname")), bool(case.get("exp_alerts"))
