"""The promtool cases of a topic, taken apart by the alert that they look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

import yaml

from jobqueue_exporter.bundle import rendering, specs
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.config.alert_types import AlertRule, Alerts
from tests.mutation.mutants import Rule

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "alerts" / "prometheus"
CASES = ROOT / "tests" / "alerts"


class Series(TypedDict):
    """One series of a case, and its samples in promtool's notation."""

    series: str
    values: str


class Look(TypedDict, total=False):
    """What is looked at, when, and what must be there."""

    eval_time: str
    alertname: str
    exp_alerts: list[dict[str, dict[str, str]]]
    expr: str
    exp_samples: list[dict[str, object]]


class Case(TypedDict, total=False):
    """One test group of promtool."""

    name: str
    interval: str
    input_series: list[Series]
    alert_rule_test: list[Look]
    promql_expr_test: list[Look]


class File(TypedDict):
    """A file for `promtool test rules`."""

    rule_files: list[str]
    evaluation_interval: str
    tests: list[Case]


def topics() -> list[str]:
    """All topics that have rules and cases."""
    ours = {path.name.removesuffix(".rules.yml") for path in RULES.glob("*.rules.yml")}
    return sorted(ours & {path.stem for path in CASES.glob("*.yaml")})


def rules(topic: str) -> list[Rule]:
    """The alerting rules of a topic as they are rendered, with those that are off unless someone wants them."""
    text = (RULES / f"{topic}.rules.yml").read_text(encoding="utf-8")
    off = [spec for spec in specs.ours() if spec.topic == topic and not spec.alert.enabled]
    on = Settings(alerts=Alerts(rules={spec.name: AlertRule(enabled=True) for spec in off}))
    more = rendering.files(off, on, {}).get(f"prometheus/{topic}.rules.yml", "") if off else ""
    loaded = [yaml.load(each, yaml.CSafeLoader) for each in (text, more) if each]
    return [rule for each in loaded for group in each["groups"] for rule in group["rules"] if "alert" in rule]


def files(topic: str) -> list[File]:
    """The files with cases of a topic: those that name its rules, also the one for what is off by default."""
    paths = [*sorted(CASES.glob(f"{topic}*.yaml")), *CASES.glob(f"off-by-default/{topic}.yaml")]
    found: list[File] = [yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in paths]
    return [file for file in found if f"{topic}.rules.yml" in {Path(each).name for each in file["rule_files"]}]


def about(alert: str, everything: Iterable[File]) -> list[File]:
    """The cases that look at this alert, and in them nothing else; those of little work first."""
    return [{**file, "tests": sorted(found, key=work)} for file in everything if (found := list(_about(alert, file)))]


def _about(alert: str, file: File) -> Iterator[Case]:
    for case in file["tests"]:
        looks = [look for look in case.get("alert_rule_test", []) if look["alertname"] == alert]
        asked = [look for look in case.get("promql_expr_test", []) if _names_only(alert, look["expr"])]
        if looks or asked:
            yield {**case, "alert_rule_test": looks, "promql_expr_test": asked}


def _names_only(alert: str, expr: str) -> bool:
    return set(re.findall(r"JobQueue\w*", expr)) == {alert}


def work(case: Case) -> float:
    """How much promtool has to do, in series times minutes."""
    looks = [*case.get("alert_rule_test", []), *case.get("promql_expr_test", [])]
    return max(_minutes(look["eval_time"]) for look in looks) * len(case["input_series"])


def _minutes(span: str) -> float:
    unit = {"s": 1 / 60, "m": 1.0, "h": 60.0, "d": 1440.0}
    return sum(float(number) * unit[name] for number, name in re.findall(r"(\d+)([smhd])", span))
