"""Alerting rules of Prometheus, as plain data, from specs and what a configuration changes in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import jinja2

from jobqueue_exporter.bundle import boards, language, matched
from jobqueue_exporter.bundle.language import Scope, UnknownMetric
from jobqueue_exporter.bundle.scaling import scaled, span
from jobqueue_exporter.bundle.spec import Severity, Spec
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.config.alert_types import AlertChange, AlertOverride, AlertRule, Alerts, Links
from jobqueue_exporter.errors import ConfigError

Rule = dict[str, object]
DEFAULT_RUNBOOKS = "http://localhost:10227/runbooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a configuration says of alerts. `scale` divides every time in the rules; `runbooks` is where they are,
    and `ours` whether that is an exporter, whose pages show the present values of a lane."""

    alerts: Alerts = field(default_factory=Alerts)
    links: Links = field(default_factory=Links)
    external_url: str | None = None
    scale: float = 1.0

    @property
    def runbooks(self) -> str:
        """Where runbooks are."""
        if self.links.runbooks:
            return self.links.runbooks.rstrip("/")
        return f"{self.external_url.rstrip('/')}/runbooks" if self.external_url else DEFAULT_RUNBOOKS

    @property
    def ours(self) -> bool:
        """Whether they are on an exporter."""
        return not self.links.runbooks


def groups(specs: Iterable[Spec], settings: Settings) -> dict[str, list[Rule]]:
    """The rules of each topic that has some. Raises ConfigError."""
    found: dict[str, list[Rule]] = {}
    problems: list[str] = []
    known = set()
    for spec in specs:
        known.add(spec.name)
        try:
            rules = list(of(spec, settings))
        except ConfigError as error:
            problems += error.problems
            continue
        if rules:
            found.setdefault(spec.topic, []).extend(rules)
    problems += [_unknown(name, known) for name in sorted(settings.alerts.rules.keys() - known)]
    if problems:
        raise ConfigError(*problems)
    return found


def of(spec: Spec, settings: Settings) -> Iterator[Rule]:
    """The rules of one alert: one for each override, one for the rest, each twice where only some lanes may page."""
    change = settings.alerts.rules.get(spec.name, AlertRule())
    if not _enabled(spec, change):
        if change.overrides and any(override.enabled for override in change.overrides):
            raise ConfigError(f"alerts.rules.{spec.name}: it is off, so its overrides say nothing: enabled: true")
        return
    for index, override in enumerate(change.overrides):
        if override.enabled is not False:
            yield from _Maker(spec, settings, change, override, change.overrides[:index]).rules()
    yield from _Maker(spec, settings, change, None, change.overrides).rules()


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for an alert: thresholds in numbers, and seconds that it must be so."""

    thresholds: Mapping[str, float]
    wait: float
    severity: Severity


def facts(spec: Spec, settings: Settings, override: AlertOverride | None = None) -> Facts:
    """What the configuration makes of an alert, where this override matches or none. Raises ConfigError."""
    change = settings.alerts.rules.get(spec.name, AlertRule())
    maker = _Maker(spec, settings, change, override, ())
    return Facts(maker.thresholds, maker.wait / settings.scale, maker.severity)


def override_of(spec: Spec, settings: Settings, lane: Mapping[str, str]) -> AlertOverride | None:
    """The override by which an alert about this lane is judged; None for the alert's own rule."""
    change = settings.alerts.rules.get(spec.name, AlertRule())
    return next((each for each in change.overrides if matched.fits(each.match, lane)), None)


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"alerts.rules.{name}: there is no alert of this name{f'; did you mean {near[0]}?' if near else ''}"


def _enabled(spec: Spec, change: AlertChange) -> bool:
    return spec.alert.enabled if change.enabled is None else change.enabled


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the rules of one alert for what `override` matches, or for all, without what `others` match."""

    spec: Spec
    settings: Settings
    change: AlertRule
    override: AlertOverride | None
    others: tuple[AlertOverride, ...]

    def rules(self) -> Iterator[Rule]:
        """One rule, or two: for lanes that may page, and for those that may not."""
        alert = self.spec.alert
        expr = self._without_others(self._written(alert.expr))
        by_lane = set(LANE) <= set(alert.by)
        severity = self.severity
        if not (alert.pages and severity is Severity.CRITICAL):
            yield self._rule(self._scope.owned(expr) if by_lane else expr, severity)
            return
        scope = self._scope
        may = f"{scope.on(*LANE)} ({scope.latest('jobqueue_pages', over='10m')} == 1)"
        yield self._rule(scope.owned(f"(\n{expr}\n)\nand {may}"), Severity.CRITICAL)
        yield self._rule(scope.owned(f"(\n{expr}\n)\nunless {may}"), Severity.WARNING)

    @property
    def _scope(self) -> Scope:
        alerts = self.settings.alerts
        matchers = matched.matchers(self.override.match) if self.override else None
        return Scope(alerts.keep_labels, matchers, self.settings.links.prometheus_job)

    @property
    def severity(self) -> Severity:
        """critical, warning, info or none."""
        changed = (self.override and self.override.severity) or self.change.severity
        return Severity(changed) if changed else self.spec.alert.severity

    @property
    def wait(self) -> float:
        """How many seconds it must be so."""
        changed = self.override.for_ if self.override and self.override.for_ is not None else self.change.for_
        return self.spec.alert.for_ if changed is None else changed

    @property
    def thresholds(self) -> Mapping[str, float]:
        """In numbers, durations in seconds and scaled."""
        own = self.spec.alert.thresholds
        found = {name: self._number(name, value, "") for name, value in own.items()}
        problems: list[str] = []
        for where, change in self._changes():
            for path, name, value in _said(where, change):
                if name not in own:
                    problems.append(f"{path}: there is no such threshold; this alert has: {', '.join(own) or 'none'}")
                    continue
                try:
                    found[name] = self._number(name, value, path)
                except ConfigError as error:
                    problems += error.problems
        if problems:
            raise ConfigError(*problems)
        return found

    def _changes(self) -> Iterator[tuple[str, AlertChange]]:
        """What the configuration says, the stronger last, and where."""
        yield f"alerts.rules.{self.spec.name}", self.change
        if self.override:
            yield self._place(self.override), self.override

    def _place(self, override: AlertOverride) -> str:
        return f"alerts.rules.{self.spec.name}.overrides[{self.change.overrides.index(override)}]"

    def _number(self, name: str, value: float | str, path: str) -> float:
        default = self.spec.alert.thresholds[name]
        where = path or f"{self.spec.place}: {self.spec.name}: threshold {name}"
        if isinstance(default, str) is not isinstance(value, str):
            kind = "a duration such as 10m" if isinstance(default, str) else "a number"
            raise ConfigError(f"{where}: expected {kind}, got {value!r}")
        try:
            number = language.seconds(value)
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from None
        return number / self.settings.scale if isinstance(value, str) else number

    def _written(self, text: str) -> str:
        try:
            return language.template(text.strip()).render(language.words(self._scope, self.thresholds))
        except (jinja2.TemplateError, UnknownMetric, TypeError, ArithmeticError) as error:
            raise ConfigError(f"{self.spec.place}: {self.spec.name}: {error}") from None

    def _without_others(self, expr: str) -> str:
        for other in self.others:
            for label in matched.globs(other.match):
                if label not in self.spec.alert.by:
                    there_are = ", ".join(each for each in LANE if each in self.spec.alert.by) or "nothing"
                    raise ConfigError(
                        f"{self._place(other)}.match.{label}: an override of this alert can match by {there_are}"
                    )
        return matched.rest(expr, [other.match for other in self.others])

    def _rule(self, expr: str, severity: Severity) -> Rule:
        alert, scale, wait = self.spec.alert, self.settings.scale, self.wait
        rule: Rule = {"alert": self.spec.name, "expr": f"{scaled(expr, scale)}\n"}
        if wait:
            rule["for"] = span(wait / scale)
        if alert.keep_firing_for:
            rule["keep_firing_for"] = span(alert.keep_firing_for / scale)
        added = {**self.change.labels, **(self._override_labels(self.override) if self.override else {})}
        rule["labels"] = {"severity": str(severity), "alert_type": str(alert.alert_type), **added}
        rule["annotations"] = {
            "summary": alert.summary,
            "description": " ".join(self._written(alert.description).split()),
            "runbook_url": self._runbook(),
            **self._dashboard(),
        }
        return rule

    def _override_labels(self, override: AlertOverride) -> dict[str, str]:
        """With `override`, by which its rule is another than that for the rest."""
        what = ",".join(f"{label}={glob}" for label, glob in matched.globs(override.match).items())
        return {"override": what, **override.labels}

    def _runbook(self) -> str:
        labels = [label for label in LANE if label in self.spec.alert.by]
        query = "&".join(f"{label}={{{{ $labels.{label} | urlquery }}}}" for label in labels)
        where = f"?{query}" if query and self.settings.ours else ""
        return f"{self.settings.runbooks}/{self.spec.topic}{where}#{self.spec.name.lower()}"

    def _dashboard(self) -> dict[str, str]:
        grafana, keep = self.settings.links.grafana, self.settings.alerts.keep_labels
        return {"dashboard_url": boards.url(grafana, self.spec.topic, self.spec.alert.by, keep)} if grafana else {}


def _said(where: str, change: AlertChange) -> Iterator[tuple[str, str, float | str]]:
    """Each threshold that it changes: where that is said, its name and value."""
    yield from ((f"{where}.thresholds.{name}", name, value) for name, value in change.thresholds.items())
    if change.threshold is not None:
        yield f"{where}.threshold", "threshold", change.threshold
