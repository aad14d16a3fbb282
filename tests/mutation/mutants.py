"""Rules with one thing changed, as an author could get it wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from tests.mutation import edits, shared
from tests.mutation.edits import Edit

SEVERITIES = {"critical": "warning", "warning": "critical", "info": "warning", "none": "info"}


Rule = TypedDict(
    "Rule",
    {
        "alert": str,
        "expr": str,
        "for": str,
        "keep_firing_for": str,
        "labels": dict[str, str],
        "annotations": dict[str, str],
    },
    total=False,
)
"""An alerting rule as Prometheus reads it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The rules of one alert, or of all that share a text, with one thing changed."""

    alert: str
    what: str
    rules: Mapping[str, list[Rule]] = field(compare=False, repr=False)

    @property
    def shared(self) -> bool:
        """Whether the text of a word of the language is changed, and so several alerts."""
        return self.alert == SHARED


SHARED = "(shared)"
"""In place of a topic's and an alert's name where the text of a word is changed."""


def of_alerts(rules: Iterable[Rule]) -> list[Mutant]:
    """All mutants of these rules but for shared text; two rules of one name (who may page) change alike."""
    return [mutant for name, those in _by_name(rules).items() for mutant in _of_alert(name, those)]


def of_words(rules: Iterable[Rule]) -> list[Mutant]:
    """One mutant for each change of the text of a word, made in every rule at once."""
    return list(_of_words(_by_name(rules)))


def _by_name(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    by_name: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_name[rule["alert"]].append(rule)
    return by_name


def _of_alert(name: str, rules: list[Rule]) -> Iterator[Mutant]:
    yield from _of_times(name, rules)
    yield from _of_severity(name, rules)
    changes = [shared.split(rule["expr"])[0] for rule in rules]
    seen: Counter[str] = Counter()
    for alike in zip(*changes, strict=True):
        if changed := _changed(rules, [[edit] for edit in alike]):
            seen[alike[0].what] += 1
            nth = seen[alike[0].what]
            yield Mutant(name, alike[0].what + (f" (place {nth})" if nth > 1 else ""), {name: changed})


def _of_times(name: str, rules: list[Rule]) -> Iterator[Mutant]:
    first = rules[0]
    if "for" in first:
        for what, span in edits.lengths(first["for"]):
            yield Mutant(name, f"for {first['for']} {what}", {name: [{**rule, "for": span} for rule in rules]})
    for key in ("for", "keep_firing_for"):
        if key in first:
            without = [_without(rule, key) for rule in rules]
            yield Mutant(name, f"{key} removed", {name: without})


def _of_severity(name: str, rules: list[Rule]) -> Iterator[Mutant]:
    for index, rule in enumerate(rules):
        was = rule["labels"]["severity"]
        other: Rule = {**rule, "labels": {**rule["labels"], "severity": SEVERITIES[was]}}
        changed = [*rules[:index], other, *rules[index + 1 :]]
        yield Mutant(name, f"severity {was} → {SEVERITIES[was]}", {name: changed})


def _of_words(by_name: Mapping[str, list[Rule]]) -> Iterator[Mutant]:
    found = {name: [_grouped(shared.split(rule["expr"])[1]) for rule in rules] for name, rules in by_name.items()}
    for what in dict.fromkeys(what for each in found.values() for changes in each for what in changes):
        everywhere: dict[str, list[Rule]] = {}
        for name, each in found.items():
            if any(what in changes for changes in each):
                changed = _changed(by_name[name], [changes.get(what, []) for changes in each])
                everywhere |= {name: changed} if changed else {}
        if everywhere:
            yield Mutant(SHARED, what, everywhere)


def _grouped(changes: list[Edit]) -> dict[str, list[Edit]]:
    grouped: dict[str, list[Edit]] = defaultdict(list)
    for edit in changes:
        grouped[edit.what].append(edit)
    return grouped


def _changed(rules: list[Rule], changes: list[list[Edit]]) -> list[Rule] | None:
    """The rules with those changes; None where what comes of them is no expression."""
    try:
        return [{**rule, "expr": edits.edited(rule["expr"], each)} for rule, each in zip(rules, changes, strict=True)]
    except ValueError:
        return None


def _without(rule: Rule, key: str) -> Rule:
    rest = dict(rule)
    del rest[key]
    return rest  # type: ignore[return-value]  # a Rule without a key that it need not have
