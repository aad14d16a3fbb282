"""The runbooks: which pages there are, and their words with what the configuration says of alerts in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path
from types import MappingProxyType

import jinja2

from jobqueue_exporter import paths
from jobqueue_exporter.bundle import language, page, rules
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.page import Page, Section
from jobqueue_exporter.bundle.spec import TOPICS, Spec
from jobqueue_exporter.config.types import Owner
from jobqueue_exporter.durations import human
from jobqueue_exporter.errors import ConfigError

_FENCED = re.compile(r"(^[ \t]*(?P<mark>`{3,}|~{3,})[^\n]*\n.*?^[ \t]*(?P=mark)[`~]*[ \t]*$)", re.DOTALL | re.MULTILINE)
NO_OWNER = (
    "whoever answers for the queue (the label `owner` of the alert); `owners:` in jobqueue.yml says how to reach them"
)


def pages(bundle: Bundle) -> tuple[Page, ...]:
    """Our pages in the order of topics, those beside somebody's own specs, then the procedures."""
    with as_file(paths.data("runbooks")) as folder:
        found = [
            *(page.read(folder / f"{topic}.md", topic) for topic in TOPICS if (folder / f"{topic}.md").is_file()),
            *_own(bundle),
            *(
                page.read(file, f"procedures/{file.stem}")
                for file in sorted((folder / "procedures").glob("*.md"))
                if file.stem != "README"
            ),
        ]
    return tuple(found)


def told(written: Page, bundle: Bundle, lane: Mapping[str, str] = MappingProxyType({})) -> Page:
    """The page with thresholds, times and contacts in its words; where an override is for this lane, with those of the
    override. Raises ConfigError: it names what is not there."""
    specs = {spec.name: spec for spec in bundle.specs}
    problems: list[str] = []

    def filled(text: str, words: Mapping[str, object], line: int) -> str:
        try:
            return _filled(text, words)
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            problems.append(f"{written.place}:{line + getattr(error, 'lineno', 1) - 1}: {error}")
            return text

    opening = filled(written.opening, _words(None, bundle, lane), 2)
    sections = tuple(
        replace(section, text=filled(section.text, _words(specs.get(section.name), bundle, lane), section.line + 1))
        for section in written.sections
    )
    if problems:
        raise ConfigError(*problems)
    return replace(written, opening=opening, sections=sections)


def text(section: Section) -> str:
    """A section as Markdown, its heading included."""
    return f"## {section.name}\n\n{section.text}\n"


def whole(page: Page) -> str:
    """A page as Markdown."""
    return "\n".join([f"# {page.title}\n\n{page.opening}\n", *(text(section) for section in page.sections)])


def _own(bundle: Bundle) -> Iterator[Page]:
    extra = bundle.settings.alerts.extra_dir
    for file in sorted(Path(extra).glob("*.md")) if extra else ():
        if file.stem != "README":
            yield page.read(file, file.stem)


def _filled(text: str, words: Mapping[str, object]) -> str:
    """The text with its marks filled in; what is in fences stays as it is."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        # As many lines as before, so that errors name the right one.
        return f"\0{len(kept) - 1}\0" + "\n" * found[0].count("\n")

    filled = language.template(_FENCED.sub(keep, text)).render(words)
    # Jinja takes away the last line break of all.
    return re.sub(r"\0(\d+)\0(\n*)", lambda found: _back(kept[int(found[1])], found[2]), filled)


def _back(fence: str, breaks: str) -> str:
    return fence + breaks[fence.count("\n") :]


def _words(spec: Spec | None, bundle: Bundle, lane: Mapping[str, str]) -> dict[str, object]:
    words: dict[str, object] = {"contacts": _contacts(bundle.owners)}
    if spec is not None:
        facts = rules.facts(spec, bundle.settings, rules.override_of(spec, bundle.settings, lane))
        words |= {
            "t": language.Thresholds(
                (name, _Span(value) if isinstance(spec.alert.thresholds[name], str) else language.number(value))
                for name, value in facts.thresholds.items()
            ),
            "for": human(facts.wait) if facts.wait else "no time at all",
            "keep_firing_for": human(spec.alert.keep_firing_for),
            "severity": str(facts.severity),
            "name": spec.name,
        }
    return words


def _contacts(owners: Mapping[str, Owner]) -> str:
    known = [f"{name}: {owner.contact}" for name, owner in owners.items() if owner.contact]
    return ", ".join(known) or NO_OWNER


class _Span(float):
    """Seconds that are written as people say them."""

    def __str__(self) -> str:
        return human(float(self))
