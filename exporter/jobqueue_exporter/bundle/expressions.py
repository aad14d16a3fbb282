"""What is wrong with the rules that a spec makes, whatever a configuration may do to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import promql_parser

from jobqueue_exporter.bundle import rules, selectors
from jobqueue_exporter.bundle.promql import Result
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.bundle.selectors import Selected
from jobqueue_exporter.bundle.spec import Spec
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts
from jobqueue_exporter.errors import ConfigError

_KEEP, _NARROWED = "kept_for_the_check", "narrowed_for_the_check"
_OF_LABEL = re.compile(r"\$labels\.(\w+)|\.Labels\.(\w+)")
_OPTIONAL = re.compile(r"\{\{-? *with \$labels\.\w+ *-?\}\}")
_THRESHOLD = re.compile(r"\bt\.(\w+)")


def problems(spec: Spec) -> Iterator[str]:
    """All of it, each told once with its place."""
    try:
        made = list(rules.of(spec, _probe(spec)))
    except ConfigError as error:
        yield from error.problems
        return
    found: dict[str, None] = {}
    for rule in made:
        found |= dict.fromkeys(_of_rule(spec, rule))
    yield from (f"{spec.place}: {spec.name}: {problem}" for problem in [*found, *_thresholds(spec)])


def selected(spec: Spec) -> tuple[Selected, ...]:
    """Which series the alert looks at, its own first, then those that say who may be paged. Raises ConfigError."""
    made = rules.of(spec, Settings(alerts=Alerts(rules={spec.name: AlertRule(enabled=True)})))
    try:
        return tuple(dict.fromkeys(each for rule in made for each in selectors.selected(_parsed(rule))))
    except ValueError as error:
        raise ConfigError(f"{spec.place}: {spec.name}: {error}") from None


def _probe(spec: Spec) -> Settings:
    """A configuration that uses all that may be said of an alert: what was written by hand shows."""
    match = AlertMatch(source=_NARROWED)
    overrides = (AlertOverride(match=match),) if "source" in spec.alert.by else ()
    rule = AlertRule(enabled=True, overrides=overrides)
    return Settings(alerts=Alerts(keep_labels=(_KEEP,), rules={spec.name: rule}))


def _parsed(rule: rules.Rule) -> promql_parser.Expr:
    found: promql_parser.Expr = promql_parser.parse(str(rule["expr"]))
    return found


def _of_rule(spec: Spec, rule: rules.Rule) -> Iterator[str]:
    try:
        expr = _parsed(rule)
    except ValueError as error:
        yield f"not PromQL: {' '.join(str(error).split())}"
        return
    labels = rule["labels"]
    assert isinstance(labels, dict)
    yield from selectors.problems(expr, _KEEP, _NARROWED if "override" in labels else "")
    result = Result(expr, (_KEEP,))
    yield from result.problems
    has = (result.labels or frozenset()) - {_KEEP}
    wanted = set(spec.alert.by) | ({"owner"} if set(LANE) <= set(spec.alert.by) else set())
    if has != wanted:
        yield f"its result has the labels {_listed(has)}; `by` says {_listed(spec.alert.by)}"
    if result.labels is not None and _KEEP not in result.labels and spec.alert.by and "source" in spec.alert.by:
        yield "its result loses alerts.keep_labels"
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)
    for key, text in annotations.items():
        used = {first or second for first, second in _OF_LABEL.findall(_OPTIONAL.sub("", str(text)))}
        for label in sorted(used - has):
            yield f"{key} uses the label {label}, which its result does not have"


def _thresholds(spec: Spec) -> Iterator[str]:
    used = set(_THRESHOLD.findall(spec.alert.expr))
    for name in spec.alert.thresholds.keys() - used:
        yield f"the threshold {name} is not used in its expression"


def _listed(labels: object) -> str:
    assert isinstance(labels, set | frozenset | tuple)
    return ", ".join(sorted(labels)) or "none"
