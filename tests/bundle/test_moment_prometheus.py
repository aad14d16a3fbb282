"""What we tell of the present moment is what Prometheus tells, for each alert and each of its results."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError

import promql_parser
import pytest
import yaml

from jobqueue_exporter import exposition
from jobqueue_exporter.bundle import filled, moment, rules, specs
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.instant import Instant, Parts, Present, Vector
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts
from jobqueue_exporter.model import Snapshot
from tests.bundle import situations
from tests.deadline import until
from tests.e2e import prometheus
from tests.http_peer import Peer, says

SOURCES = 30
Labels = frozenset[tuple[str, str]]
NUMBERS = (
    *(0.0, -0.0, 1.0, 0.5, 0.05, 1 / 3, 2 / 3, 99.99, 99.995, 100.0, 999.95, 999.96, 1000.0, 1234.5, 12345.0, 123456.0),
    *(999999.0, 1e6, 1234567.0, 1e15, 1.5e18, 1e-3, 1e-4, 1e-5, 1.5e-7, 1e-24),
    *(1e-30, 59.0, 59.99, 59.999999, 60.0, 61.5, 3599.9, 3600.0, 86399.0, 86400.0, 90061.0, 1e9, -1.0, -59.5, -60.0),
    *(-86400.0, -0.25, -1234.5, -1e-9, float("inf"), float("-inf"), float("nan"), 0.1 + 0.2, 2592000.0, 5e-324),
)
HUGE = (1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e27, 1.5e300, -1e23)
HUGE_TEXT = "{{ $value }}|{{ $value | humanize }}|{{ $value | humanizePercentage }}"
TEXT = (
    f"{HUGE_TEXT}|{{{{ $value | humanizeDuration }}}}|"
    "{{ humanize $value }}|{{ .Value }}|{{ $labels.nothing }}|{{- with $labels.nothing }}x{{ else }} y {{- end }}|"
    "{{ with $labels.text }}<{{ . }}>{{ end }}|{{ .Labels.text | urlquery }}|{{ 0.05 | humanizePercentage }}|{{ 7 }}|"
    '{{ 1.5 }}|{{ "a b" | urlquery }}|{{/* nothing */}}|{{ if $labels.text }}yes{{ end }}|'
    "{{ 2592000 | humanizeDuration }}"
)
CHANGED = Settings(
    alerts=Alerts(
        keep_labels=("cluster",),
        rules={
            "JobQueueArrivalsStopped": AlertRule(enabled=True),
            "JobQueueWatchdog": AlertRule(enabled=False),
            "JobQueueWaitTooLong": AlertRule(
                thresholds={"factor": 2},
                overrides=(
                    AlertOverride(match=AlertMatch(queue="mail"), severity="warning", thresholds={"factor": 0.5}),
                    AlertOverride(match=AlertMatch(queue="a/b?c*"), enabled=False),
                    AlertOverride(match=AlertMatch(source="source 1*", kind='<b>"q"</b>'), thresholds={"factor": 3}),
                ),
            ),
            "JobQueueBacklogHigh": AlertRule(
                threshold=20,
                overrides=(
                    AlertOverride(match=AlertMatch(queue="back\\slash"), threshold=0),
                    AlertOverride(match=AlertMatch(source="*new\nline"), threshold=50),
                ),
            ),
            "JobQueueSourceDown": AlertRule(
                overrides=(AlertOverride(match=AlertMatch(source="s*"), labels={"a": "b"}),)
            ),
            "JobQueueDeadLettersHigh": AlertRule(severity="critical", threshold=2),
            "JobQueueJobOverrunning": AlertRule(enabled=False),
        },
    )
)
PLAIN = Settings(alerts=Alerts(rules={"JobQueueArrivalsStopped": AlertRule(enabled=True)}))

JOBS = "max by (source, queue, kind, state) (jobqueue_jobs)"
WAITS = "max by (source, queue, kind) (jobqueue_oldest_pending_age_seconds)"
OBJECTIVE = "max by (source, queue, kind) (jobqueue_wait_objective_seconds)"
WORKERS = "max by (source, state) (jobqueue_workers)"
INFO = "max by (source, queue, kind, owner) (jobqueue_queue_info)"
EXPRESSIONS = (
    f"{JOBS} * on (source, queue, kind) group_left () {OBJECTIVE}",
    f"{JOBS} / on (source, queue, kind) group_left (owner) {INFO}",
    f"{INFO} - on (source, queue, kind) group_right (owner) {JOBS}",
    f"{INFO} < on (source, queue, kind) group_right () {JOBS}",
    f"{JOBS} > on (source, queue, kind) group_left (owner) {INFO}",
    f"{JOBS} > bool on (source, queue, kind) group_left (owner) {INFO}",
    f"{JOBS} > ignoring (state) group_left {OBJECTIVE}",
    f"{WAITS} / (60 - {OBJECTIVE})",
    f"{WAITS} % {OBJECTIVE}",
    f"-{WAITS} % 7",
    f"60 >= {WAITS}",
    f"60 >= bool {WAITS}",
    f"{WAITS} != {OBJECTIVE}",
    f"{WAITS} == {OBJECTIVE} or {OBJECTIVE} > 300",
    f"{WAITS} / 0",
    f"-{WAITS} / 0 < 0 unless {OBJECTIVE} == 60",
    f"{WAITS} or ignoring (kind) {OBJECTIVE}",
    f"{WAITS} and ignoring (queue) {OBJECTIVE}",
    f"{WAITS} unless ignoring (queue, kind) {OBJECTIVE} > 300",
    f"{INFO} or {WORKERS}",
    f"{WAITS} > on () group_left () sum (jobqueue_source_up)",
    f"{WAITS} unless on () vector(1)",
    f"vector(1) + on () sum ({WORKERS})",
    f"sum by (state) ({JOBS})",
    f"count by (state, nothing) ({JOBS} > 1)",
    f"avg without (source, queue) ({WAITS})",
    f"min by (queue) ({WAITS} / 0 - {WAITS} / 0)",
    f"max ({WAITS} / 0 * 0 or {OBJECTIVE})",
    f"group by (source) ({JOBS})",
    f"topk (1, sum ({JOBS}))",
    f"topk by (source) (100, {WAITS})",
    f"topk by (source) (0, {WAITS})",
    f"round({WAITS} / 7)",
    f"round(-{WAITS} / 7, 0.5)",
    f"abs(ceil(-{WAITS} / 7) - floor({WAITS} / 7))",
    f"clamp_min(clamp_max({WAITS}, 300), 60)",
    f"clamp_max({WAITS} / 0 - {WAITS} / 0, 1)",
    f"time() - {WAITS} * (2 + 3 * 4 - 6 / 4 % 2)",
    f"{WAITS} > (2 > bool 1) + (1 == bool 2)",
    'max by (source, queue) (jobqueue_jobs{queue=~"ma.*|new.*", kind!=""})',
    'max by (source, queue) (jobqueue_jobs{queue!~".*[lnb].*", state="pending"})',
    'max by (source, queue) (jobqueue_jobs{queue=~"new.line", nothing=""})',
    'max by (source, queue) (jobqueue_jobs{kind=~"|RENDER"})',
    'max by (queue) (jobqueue_jobs{queue="back\\\\slash"})',
)
REFUSED = (f"{JOBS} * on (source, queue, kind) {OBJECTIVE}", f"{OBJECTIVE} > on (source) group_left () {JOBS}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A Prometheus that scrapes these sources and judges our rules."""

    address: str
    snapshots: list[Snapshot]
    now: float | None = None

    def result(self, expr: str) -> dict[Labels, float]:
        """What the expression comes to."""
        at = {"time": str(self.now)} if self.now else {}
        found = self._get("query", query=expr, **at)["result"]
        return {_labels(each["metric"]): float(each["value"][1]) for each in found}

    def alerts(self) -> list[dict[str, Any]]:
        """All alerts that are pending or fire."""
        found: list[dict[str, Any]] = self._get("alerts")["alerts"]
        return found

    def judged(self) -> list[datetime]:
        """When each rule was judged last."""
        groups = self._get("rules")["groups"]
        return [datetime.fromisoformat(rule["lastEvaluation"]) for group in groups for rule in group["rules"]]

    # Any: whatever Prometheus answers to this.
    def _get(self, path: str, **parameters: str) -> Any:
        body = urllib.parse.urlencode(parameters).encode() if parameters else None
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}", body, timeout=60) as answer:
            return json.load(answer)["data"]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    snapshots = situations.several(SOURCES, round(time.time(), 3))
    facts = exposition.ExporterFacts(version="0.1.0", config_reload_ok=True)
    body = exposition.render(snapshots, accept="", exporter=facts)[0].decode() + _numbers()
    home = tmp_path_factory.mktemp("prometheus")
    (home / "all.rules.yml").write_text(yaml.safe_dump({"groups": [*_groups(), _texts()]}))
    script = says(body.encode(), "200 OK", "Content-Type: text/plain; version=0.0.4; charset=utf-8")
    with (
        Peer(script) as exporter,
        prometheus.scraping(f"127.0.0.1:{exporter.port}", home, str(home / "*.rules.yml")) as server,
    ):
        _judge(Asked(server.address, snapshots))
        yield Asked(server.address, snapshots, round(time.time(), 3))


def _groups() -> list[dict[str, object]]:
    """Our rules but for those that ask the most of Prometheus, and tell nothing of a moment."""
    found = rules.groups(specs.ours(), PLAIN)
    return [{"name": topic, "interval": "5s", "rules": found[topic]} for topic in found if topic != "objectives"]


def _texts() -> dict[str, object]:
    """Rules whose texts hold all sorts of numbers."""
    wanted = {"number": TEXT, "huge": HUGE_TEXT}
    made = [{"alert": name, "expr": name, "annotations": {"text": text}} for name, text in wanted.items()]
    return {"name": "texts", "rules": made}


def _judge(server: Asked) -> None:
    """Wait until all rules were judged after a scrape."""
    until(lambda: server.result("number"), seconds=30)
    scraped = datetime.now(UTC)
    until(lambda: all(at > scraped for at in server.judged()), seconds=60)


def _numbers() -> str:
    texts = [*situations.HOSTILE, "%41+~-_.*'()"]
    escaped = [text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for text in texts]
    return "".join(
        f'{name}{{i="{index}",text="{escaped[index % len(escaped)]}"}} {value!r}\n'
        for name, values in (("number", NUMBERS), ("huge", HUGE))
        for index, value in enumerate(values)
    )


def _labels(metric: dict[str, str]) -> Labels:
    return frozenset((name, value) for name, value in metric.items() if name != "__name__")


def _rows(vector: Vector) -> dict[Labels, float]:
    return {frozenset(vector.labels(key).items()): value for key, value in vector.rows.items()}


@pytest.mark.parametrize("settings", [PLAIN, CHANGED], ids=["plain", "changed"])
def test_each_rule_comes_to_what_it_does_in_prometheus(asked: Asked, settings: Settings) -> None:
    assert asked.now
    instant, parts = Instant(Present(asked.snapshots), asked.now), Parts()
    exact, seen = [], []
    for spec in specs.ours():
        for rule in rules.of(spec, settings):
            expr = str(rule["expr"])
            ours = instant.vector(parts.of(promql_parser.parse(expr)))
            theirs = asked.result(expr)
            known, maybe = _rows(ours), {frozenset(ours.labels(key).items()) for key in ours.maybe}
            assert {labels: theirs.get(labels) for labels in known} == known, spec.name
            if not ours.open:
                assert theirs.keys() <= known.keys() | maybe, spec.name
            if not ours.open and not maybe:
                assert theirs == known, spec.name
                exact.append(spec.name)
            seen += [spec.name] if known else []
    told = set(exact)
    assert told - set(seen) <= {"JobQueueWatchdog"}, "an alert that holds nowhere shows nothing"
    assert len(told) >= 25


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_operators_and_functions_are_those_of_prometheus(asked: Asked, expr: str) -> None:
    assert asked.now
    ours = Instant(Present(asked.snapshots), asked.now).vector(Parts().of(promql_parser.parse(expr)))
    theirs = asked.result(expr)
    assert not ours.maybe
    assert ours.open is ("nothing=" in expr)
    # Sums depend on the order in which series come.
    assert ours.open or _rows(ours) == pytest.approx(theirs, rel=1e-12, abs=0, nan_ok=True)


@pytest.mark.parametrize("expr", REFUSED)
def test_nothing_is_told_of_what_prometheus_refuses(asked: Asked, expr: str) -> None:
    assert asked.now
    assert Instant(Present(asked.snapshots), asked.now).vector(Parts().of(promql_parser.parse(expr))).open
    with pytest.raises(HTTPError, match="422"):
        asked.result(expr)


def test_texts_are_filled_in_as_prometheus_does_it(asked: Asked) -> None:
    told = [alert for alert in asked.alerts() if alert["labels"]["alertname"] in ("number", "huge")]
    assert len(told) == len(NUMBERS) + len(HUGE)
    for alert in told:
        index, name = int(alert["labels"]["i"]), alert["labels"]["alertname"]
        template, value = (TEXT, NUMBERS[index]) if name == "number" else (HUGE_TEXT, HUGE[index])
        assert filled.text(template, alert["labels"], value) == alert["annotations"]["text"]


def test_problems_are_the_alerts_of_prometheus(asked: Asked) -> None:
    found = moment.problems(Bundle(specs.ours(), PLAIN, {}), asked.snapshots, now=asked.now)
    by_clock = {spec.name for spec in specs.ours() if "time()" in spec.alert.expr}
    left_out = {"number", "huge", "JobQueueWatchdog", *found.untold, *by_clock}
    ours = {
        (problem.alert, str(problem.severity), str(problem.alert_type), frozenset(problem.labels.items())): (
            *(problem.value, problem.summary, problem.description, _link(f"{PLAIN.runbooks}/{problem.runbook}")),
        )
        for problem in found.problems
        if problem.alert not in left_out
    }
    theirs = dict(_told(alert) for alert in asked.alerts() if alert["labels"]["alertname"] not in left_out)
    assert theirs == ours
    assert len({alert for alert, *_ in ours}) >= 20


def _told(alert: dict[str, Any]) -> tuple[object, object]:
    """Which alert it is, and what it says."""
    labels, texts = dict(alert["labels"]), alert["annotations"]
    named = (labels.pop("alertname"), labels.pop("severity"), labels.pop("alert_type"), frozenset(labels.items()))
    return named, (float(alert["value"]), texts["summary"], texts["description"], _link(texts["runbook_url"]))


def _link(url: str) -> tuple[str, dict[str, list[str]], str]:
    """Where a link leads, however it is quoted."""
    parts = urllib.parse.urlsplit(url)
    return parts.path, urllib.parse.parse_qs(parts.query, keep_blank_values=True), parts.fragment
