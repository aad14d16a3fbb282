"""The words that expressions of alerts are written in: aggregation is never written by hand.

Two exporters that read the same source must not count twice, a failed scrape must not end what is firing, and labels
that tell clusters apart must survive. So gauges are `max by`, over two minutes; counters increase first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache

import jinja2

from jobqueue_exporter.bundle.others import OTHERS
from jobqueue_exporter.catalog import METRICS, Type
from jobqueue_exporter.catalog.metric import LANE, SOURCE
from jobqueue_exporter.config import duration
from jobqueue_exporter.durations import human

GUARD = "2m"
"""Over how long a gauge is looked at: one failed scrape changes nothing."""

TARGET = ("job", "instance")
"""Labels that Prometheus gives to what it scrapes."""

LABELS: Mapping[str, tuple[str, ...]] = {
    **{metric.name: metric.labels for metric in METRICS if metric.type is not Type.HISTOGRAM},
    **{
        f"{metric.name}{part}": (*metric.labels, *more)
        for metric in METRICS
        if metric.type is Type.HISTOGRAM
        for part, more in (("_bucket", ("le",)), ("_sum", ()), ("_count", ()))
    },
    **{other.name: other.labels for other in OTHERS},
}
"""The labels of every series that an expression may name, but for TARGET."""


class UnknownMetric(ValueError):
    """An expression names a metric that is not in the catalogue."""


class Thresholds(dict[str, float]):
    """Thresholds by name, as expressions and texts name them; one that is not there is told with those that are."""

    def __missing__(self, name: str) -> float:
        raise jinja2.UndefinedError(f"there is no threshold {name}; this alert has: {', '.join(self) or 'none'}")


@dataclass(frozen=True, slots=True)
class Scope:
    """For which series expressions are written: `keep` labels join every grouping; `matchers` narrow every selector,
    label by label, as in {"queue": '="mail"'}."""

    keep: tuple[str, ...] = ()
    matchers: Mapping[str, str] | None = None
    prometheus_job: str = "jobqueue"

    def labels(self, *names: str) -> str:
        """Labels to group by, or to be compared on."""
        return ", ".join((*self.keep, *names))

    def on(self, *names: str) -> str:
        """What two sides of an operator are joined by."""
        return f"on ({self.labels(*names)})"

    def wide(self) -> Scope:
        """The same for whole sources: what a lane is held against may be in other lanes than those of an override."""
        return replace(self, matchers={k: v for k, v in (self.matchers or {}).items() if k in SOURCE})

    def selector(self, metric: str, where: str = "") -> str:
        """The series of a metric, narrowed by `where`. Raises UnknownMetric."""
        if metric not in LABELS:
            raise UnknownMetric(f"there is no metric {metric} in the catalogue{_likely(metric)}")
        narrowed = [f"{name}{value}" for name, value in (self.matchers or {}).items() if name in LABELS[metric]]
        inner = ", ".join([*([where] if where else []), *narrowed])
        return f"{metric}{{{inner}}}" if inner else metric

    def gauge(
        self, metric: str, where: str = "", by: tuple[str, ...] | None = None, over: str = GUARD, ago: str = ""
    ) -> str:
        """The highest value of a gauge within `over`, for each lane unless `by` says otherwise; `ago`: back then."""
        return self._aggregated("max_over_time", metric, where, by, _range(over, ago))

    def lowest(
        self, metric: str, where: str = "", by: tuple[str, ...] | None = None, over: str = GUARD, ago: str = ""
    ) -> str:
        """The lowest value within `over`: what was so all the time; `ago`: back then."""
        return self._aggregated("min_over_time", metric, where, by, _range(over, ago))

    def latest(
        self, metric: str, where: str = "", by: tuple[str, ...] | None = None, over: str = GUARD, ago: str = ""
    ) -> str:
        """The last value within `over`; `ago`: back then."""
        return self._aggregated("last_over_time", metric, where, by, _range(over, ago))

    def increase(
        self, metric: str, over: str, where: str = "", by: tuple[str, ...] | None = None, ago: str = ""
    ) -> str:
        """How much a counter grew within `over`; of two exporters that read the same, the one that saw more."""
        return self._grown("increase", metric, where, by, _range(over, ago))

    def rate(self, metric: str, over: str, where: str = "", by: tuple[str, ...] | None = None) -> str:
        """How fast a counter grew within `over`, a second."""
        return self._grown("rate", metric, where, by, _range(over))

    def paused(self) -> str:
        """Leaves out the lanes of queues that are paused."""
        return f"unless {self.on('source', 'queue')} ({self.latest('jobqueue_queue_paused')} == 1)"

    def told(self, signal: str) -> str:
        """Keeps the sources that can tell this signal: absence is not zero."""
        return f"and {self._signal(signal)} == 1)"

    def untold(self, signal: str) -> str:
        """Keeps the sources that cannot."""
        return f"and {self._signal(signal)} == 0)"

    def owned(self, expr: str) -> str:
        """The expression, whose result is by lane, with the label `owner` added."""
        info = self.latest("jobqueue_queue_info", by=(*LANE, "owner"), over="10m")
        one = f"topk by ({self.labels(*LANE)}) (1, {info})"
        return f"(\n{expr}\n)\n* {self.on(*LANE)} group_left (owner) {one}"

    def _signal(self, signal: str) -> str:
        where = f'signal="{signal}"'
        return f"{self.on('source')} ({self.latest('jobqueue_signal_available', where)}"

    def _aggregated(self, function: str, metric: str, where: str, by: tuple[str, ...] | None, span: str) -> str:
        groups = self.labels(*self._groups(metric, by))
        return f"max by ({groups}) ({function}({self.selector(metric, where)}{span}))"

    def _grown(self, function: str, metric: str, where: str, by: tuple[str, ...] | None, span: str) -> str:
        groups = self._groups(metric, by)
        each = f"sum by ({self.labels(*groups, 'instance')}) ({function}({self.selector(metric, where)}{span}))"
        return f"max by ({self.labels(*groups)}) ({each})"

    def _groups(self, metric: str, by: tuple[str, ...] | None) -> tuple[str, ...]:
        return by if by is not None else tuple(label for label in LABELS.get(metric, ()) if label in LANE)


def _likely(metric: str) -> str:
    near = get_close_matches(metric, LABELS, 1)
    return f"; did you mean {near[0]}?" if near else ""


@cache
def environment() -> jinja2.Environment:
    """Jinja with `[= =]`, so that Prometheus' own `{{ }}` passes through it."""
    made = jinja2.Environment(
        variable_start_string="[=",
        variable_end_string="=]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=False,
    )
    made.filters["span"] = lambda value: human(float(value))
    return made


@lru_cache(maxsize=1024)
def template(text: str) -> jinja2.Template:
    """The template of a text, compiled once: each is filled in for several rules. Raises jinja2.TemplateError."""
    return environment().from_string(text)


def words(scope: Scope, thresholds: Mapping[str, float]) -> dict[str, object]:
    """What an expression or a text may name: the methods of Scope, `t` for thresholds, `lane` and `where`."""
    methods: tuple[Callable[..., str], ...] = (
        scope.gauge,
        scope.lowest,
        scope.latest,
        scope.increase,
        scope.rate,
        scope.paused,
        scope.told,
        scope.untold,
        scope.selector,
        scope.labels,
        scope.on,
    )
    return {method.__name__: method for method in methods} | {
        "t": Thresholds({name: _Number(value) for name, value in thresholds.items()}),
        "lane": "{{ $labels.source }}/{{ $labels.queue }}{{ with $labels.kind }}/{{ . }}{{ end }}",
        "job": scope.prometheus_job,
        "wide": scope.wide(),
    }


def _range(over: str, ago: str = "") -> str:
    return f"[{over}] offset {ago}" if ago else f"[{over}]"


def seconds(value: float | str) -> float:
    """A threshold as a number; a text is a duration, in seconds. Raises ValueError."""
    return duration.seconds(value, zero=True) if isinstance(value, str) else float(value)


def number(value: float) -> float:
    """The same, written without a point where it is whole."""
    return _Number(value)


class _Number(float):
    """A number that is written without a point where it is whole."""

    def __str__(self) -> str:
        return f"{float(self):.15g}"
