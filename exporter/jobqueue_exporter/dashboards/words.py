"""The words that expressions of dashboards are written in.

As in alerts, what two exporters read of the same source must not count twice: replicas are brought together by `max by`
before anything is summed. Every selector is narrowed by the dashboard's variables. What a word gives may stand beside
any operator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jobqueue_exporter.bundle import expressions, language, rules
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.language import LABELS, Scope
from jobqueue_exporter.bundle.spec import Spec
from jobqueue_exporter.catalog.metric import LANE

RATE = "$__rate_interval"
RANGE = "$__range"
OF_GRAFANA = {RATE: "5m", "$__interval_ms": "60000", "$__interval": "1m", "$__range_s": "21600", RANGE: "6h"}
"""What Grafana puts into every expression, each with a value that stands for it in checks."""

OURS = 'alertname=~"JobQueue.+", severity!="none"'
"""Which alerts are ours; those without a severity never tell anybody anything."""
FIRING = 'alertstate="firing"'
WATCHDOG = 'alertname="JobQueueWatchdog"'
_HELD = re.compile(r'(\w+)="')
_TEST = re.compile(r"(==|!=|<=|>=|<|>) *(-?[\d.]+)")
By = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Words:
    """What expressions of one dashboard may say. `variables` narrow every selector that has such a label; labels that
    tell installations apart (`alerts.keep_labels`) are variables too and join every grouping."""

    bundle: Bundle
    variables: tuple[str, ...]

    @property
    def keep(self) -> tuple[str, ...]:
        """The labels that tell installations apart."""
        return self.bundle.settings.alerts.keep_labels

    @property
    def scope(self) -> Scope:
        """The words that alerts have too."""
        return Scope(self.keep, None, self.bundle.settings.links.prometheus_job)

    def labels(self, *names: str) -> str:
        """Labels to group by."""
        return self.scope.labels(*names)

    def on(self, *names: str) -> str:
        """What two sides of an operator are joined by."""
        return self.scope.on(*names)

    def selector(self, metric: str, where: str = "") -> str:
        """The series of a metric, narrowed by `where` and the variables. Raises UnknownMetric."""
        self.scope.selector(metric)  # it says what is wrong with the name
        names = (*self.keep, *(name for name in self.variables if name in LABELS[metric]))
        inner = ", ".join([*([where] if where else []), *(matcher(name) for name in names)])
        return f"{metric}{{{inner}}}" if inner else metric

    def gauge(self, metric: str, where: str = "", by: By = None) -> str:
        """The highest value, by all labels unless `by` says otherwise."""
        return f"max by ({self._groups(metric, where, by)}) ({self.selector(metric, where)})"

    def lowest(self, metric: str, where: str = "", by: By = None) -> str:
        """The lowest value, also of what several exporters say of the same."""
        return f"min by ({self._groups(metric, where, by)}) ({self.selector(metric, where)})"

    def total(self, metric: str, where: str = "", by: By = None) -> str:
        """The sum of several series."""
        return f"sum by ({self._groups(metric, where, by)}) ({self.gauge(metric, where)})"

    def count(self, metric: str, where: str = "", by: By = (), test: str = "> 0") -> str:
        """How many series meet the test; 0 where there are some but none does. Raises ValueError."""
        found = _TEST.fullmatch(test.strip())
        if found is None:
            raise ValueError(f'count: expected a test such as "== 0", got {test!r}')
        one = f"{self.gauge(metric, where)} {found[1]} bool {found[2]}"
        return f"sum by ({self._groups(metric, where, by)}) ({one})"

    def rate(self, metric: str, where: str = "", by: By = None) -> str:
        """How fast a counter grows, a second."""
        return self._grown("rate", metric, where, by, RATE)

    def increase_over(self, metric: str, over: str = RANGE, where: str = "", by: By = None) -> str:
        """How much a counter grew within `over`; left out: within what the dashboard shows."""
        return self._grown("increase", metric, where, by, over)

    def share(self, part: str, whole: str) -> str:
        """One expression as a part of another with the same labels; nothing where that is 0."""
        return f"(({part})\n/ (({whole}) > 0))"

    def quantile(self, part: float, metric: str, where: str = "", by: By = None) -> str:
        """Under which value this part of what a histogram saw lies."""
        groups = [*self._names(metric + "_bucket", where, by), "le"]
        return f"histogram_quantile({part}, {self._grown('rate', f'{metric}_bucket', where, groups, RATE)})"

    def buckets(self, metric: str, where: str = "") -> str:
        """How many of what a histogram saw fell into each of its buckets, for a heatmap."""
        grown = self._grown("increase", f"{metric}_bucket", where, None, RATE)
        return f"sum by ({self.labels('le')}) ({grown})"

    def since(self, metric: str, where: str = "", by: By = None) -> str:
        """How many seconds ago it was."""
        return f"(time() - {self.gauge(metric, where, by)})"

    def paused(self) -> str:
        """Leaves out the lanes of queues that are paused."""
        return f"unless {self.on('source', 'queue')} ({self.gauge('jobqueue_queue_paused')} == 1)"

    def firing(self, where: str) -> str:
        """How many of our alerts fire; 0 where none does, and nothing where our rules are not loaded."""
        labels = ("alertname", "severity", "alert_type", *LANE)
        fires = self.gauge("ALERTS", f"{FIRING}, {OURS}, {where}", labels)
        loaded = f"max by () ({self._watchdog()})"
        known = self.gauge("jobqueue_source_up", by=[])
        return f"(count by ({self.labels()}) ({fires})\nor 0 * {known} and on () {loaded})"

    def other(self, metric: str, where: str = "", by: By = ("instance",)) -> str:
        """The highest value of what Prometheus says of our scrapes."""
        job = f'job="{self.scope.prometheus_job}"'
        return self.gauge(metric, ", ".join([job, *([where] if where else [])]), by)

    def limit(self, alert: str, name: str = "threshold") -> str:
        """A threshold of an alert as it is configured, in numbers. Raises ValueError."""
        return str(language.number(limit(self.bundle, alert, name)))

    def as_in(self, alert: str, metric: str) -> str:
        """What an alert says of the labels of a metric, for `where`. Raises ValueError, ConfigError."""
        for each in expressions.selected(_spec(self.bundle, alert)):
            if each.metric == metric:
                return ", ".join(f"{label}{operator}{json.dumps(value)}" for label, operator, value in each.matchers)
        raise ValueError(f"{alert} does not look at {metric}")

    def all(self) -> dict[str, object]:
        """Each word by its name."""
        methods: tuple[Callable[..., str], ...] = (
            self.labels, self.on, self.selector, self.gauge, self.lowest, self.total, self.count, self.rate,
            self.increase_over, self.share, self.quantile, self.buckets, self.since, self.paused, self.firing,
            self.other, self.limit, self.as_in,
        )  # fmt: skip
        return {method.__name__: method for method in methods}

    def _watchdog(self) -> str:
        """The alert that always fires; it may lack the labels of all others."""
        narrowed = map(loose, (*self.keep, *self.variables))
        return f"ALERTS{{{', '.join([FIRING, WATCHDOG, *narrowed])}}}"

    def _grown(self, function: str, metric: str, where: str, by: By, over: str) -> str:
        groups = self._names(metric, where, by)
        each = f"sum by ({self.labels(*groups, 'instance')}) ({function}({self.selector(metric, where)}[{over}]))"
        return f"max by ({self.labels(*groups)}) ({each})"

    def _groups(self, metric: str, where: str, by: By) -> str:
        return self.labels(*self._names(metric, where, by))

    def _names(self, metric: str, where: str, by: By) -> tuple[str, ...]:
        if isinstance(by, str):
            raise TypeError(f'expected a list, as in by=["{by}"], got "{by}"')
        if by is not None:
            return tuple(by)
        held = set(_HELD.findall(where))
        return tuple(label for label in LABELS.get(metric, ()) if label not in held)


def matcher(variable: str) -> str:
    """Narrows a selector by what is chosen of a variable."""
    return f'{variable}=~"${variable}"'


def loose(variable: str) -> str:
    """The same, for series that may lack the label."""
    return f'{variable}=~"${variable}|"'


def with_spans(expr: str) -> str:
    """The expression as Prometheus reads it, but for the variables of the dashboard."""
    for name, span in OF_GRAFANA.items():
        expr = expr.replace(name, span)
    return expr


def limit(bundle: Bundle, alert: str, name: str) -> float:
    """A threshold of an alert. Raises ValueError."""
    found: Mapping[str, float] = rules.facts(_spec(bundle, alert), bundle.settings).thresholds
    if name not in found:
        raise ValueError(f"{alert} has no threshold {name}; it has {', '.join(found) or 'none'}")
    return found[name]


def _spec(bundle: Bundle, alert: str) -> Spec:
    for spec in bundle.specs:
        if spec.name == alert:
            return spec
    raise ValueError(f"there is no alert {alert}")
