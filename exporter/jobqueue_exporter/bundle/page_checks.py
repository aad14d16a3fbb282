"""What is wrong with runbook pages: parts, commands, metrics and links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import promql_parser

from jobqueue_exporter.bundle import commands, runbooks, selectors
from jobqueue_exporter.bundle.anchors import anchors
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.language import LABELS
from jobqueue_exporter.bundle.page import MARKS, Fence, Page, markdown
from jobqueue_exporter.catalog import METRICS
from jobqueue_exporter.errors import ConfigError

PARTS = (
    "What it means",
    "Impact",
    "First two minutes",
    "Decide",
    "Mitigate",
    "Verify",
    "False positives and tuning",
    "Escalate",
)
"""The parts of a section, in their order."""
CommandProblem = Callable[[str], str]
_METRIC = re.compile(r"(?<![\w/.:@-])(\^?)(jobqueue_[a-z0-9_]+)\b(?!\.)")
_NOT_METRICS = frozenset({"jobqueue_exporter"})  # the role that reads a database
_SHELL = ("sh", "bash", "shell")


def problems(pages: Sequence[Page], bundle: Bundle, command_problem: CommandProblem) -> Iterator[str]:
    """All of it, with file and line. `command_problem` says why a line of shell cannot be run, or nothing."""
    targets = {page.name: anchors(page) for page in pages}
    alerts = {spec.name for spec in bundle.specs}
    for page in pages:
        try:
            runbooks.told(page, bundle)
        except ConfigError as error:
            yield from error.problems
        found = [
            *_parts(page, alerts),
            *_fences(page, command_problem),
            *_metrics(page),
            *_links(page, targets),
        ]
        yield from (f"{page.place}:{line}: {problem}" for line, problem in found)


def _parts(page: Page, alerts: set[str]) -> Iterator[tuple[int, str]]:
    if not page.title:
        yield 1, "the page needs a title: `# Words`"
    for section in page.sections:
        if section.name in alerts and section.parts != PARTS:
            yield section.line, f"{section.name} needs the parts {', '.join(PARTS)}, in this order"


def _fences(page: Page, command_problem: CommandProblem) -> Iterator[tuple[int, str]]:
    for fence in page.fences:
        if "[=" in fence.text:
            yield fence.line, "a block of code is shown as it is; `[= =]` in it would not be filled in"
        if fence.language == "promql":
            yield from ((fence.line, problem) for problem in _expression(fence))
        if fence.language in _SHELL:
            if not fence.mark:
                yield fence.line, f"a block of shell is one of {', '.join(f'{{{mark}}}' for mark in MARKS)}"
            yield from _commands(fence, command_problem)


def _commands(fence: Fence, command_problem: CommandProblem) -> Iterator[tuple[int, str]]:
    try:
        for offset, line in commands.calls(fence.text):
            if problem := command_problem(line):
                yield fence.line + 1 + offset, problem
    except ValueError as error:
        yield fence.line, f"not shell: {error}"


def _expression(fence: Fence) -> Iterator[str]:
    try:
        expr = promql_parser.parse(fence.text)
    except ValueError as error:
        yield f"not PromQL: {' '.join(str(error).split())}"
        return
    for name in selectors.metrics(expr):
        if name not in LABELS:
            yield f"there is no metric {name}"


def _metrics(page: Page) -> Iterator[tuple[int, str]]:
    known = {*LABELS, *(metric.name for metric in METRICS), *_NOT_METRICS}
    bodies = [(2, page.opening), *((section.line + 2, section.text) for section in page.sections)]
    for start, body in bodies:
        for offset, line in enumerate(body.split("\n")):
            for prefix, name in _METRIC.findall(line):
                # as in grep '^jobqueue_worker', which looks for all that begin so
                there = any(each.startswith(name) for each in known) if prefix else name in known
                if not there:
                    yield start + offset, f"there is no metric {name}"


def _links(page: Page, targets: Mapping[str, frozenset[str]]) -> Iterator[tuple[int, str]]:
    bodies = [(2, page.opening), *((section.line, section.text) for section in page.sections)]
    for line, body in bodies:
        for target in _targets(body):
            if problem := _link(page, target, targets):
                yield line, problem


def _targets(body: str) -> Iterator[str]:
    for token in markdown().parse(body):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrGet("href"))


def _link(page: Page, target: str, targets: Mapping[str, frozenset[str]]) -> str:
    if "://" in target or target.startswith("mailto:"):
        return ""
    path, _, anchor = target.partition("#")
    name = page.name if not path else _resolved(page.name, path)
    if name not in targets:
        return f"the link {target} leads to no page"
    return f"the link {target} leads to no section" if anchor and anchor not in targets[name] else ""


def _resolved(name: str, path: str) -> str:
    """The name of the page that a relative link leads to."""
    parts = list(PurePosixPath(name).parent.parts)
    for part in PurePosixPath(path).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts).removesuffix(".md")
