from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.dashboards import lint, rendering
from tests.dashboards.made import bundle, source

# Any: a dashboard as JSON.
Spoil = Callable[[Any], object]


def variable(dashboard: Any, index: int = 1) -> Any:
    return dashboard["templating"]["list"][index]


def panel(dashboard: Any) -> Any:
    return dashboard["panels"][1]


def target(dashboard: Any) -> Any:
    return panel(dashboard)["targets"][0]


BAD: dict[str, list[Spoil]] = {
    "template-datasource-rule": [
        lambda it: it["templating"]["list"].pop(0),
        lambda it: variable(it, 0).update(name="ds"),
        lambda it: variable(it, 0).update(label="DS"),
        lambda it: variable(it, 0).update(query="loki"),
    ],
    "template-label-promql-rule": [
        lambda it: variable(it).update(query="metrics(job)"),
        lambda it: variable(it).update(query="label_values(up{, source)"),
        lambda it: variable(it).update(query="label_values(nothing, source)"),
        lambda it: variable(it).update(datasource={"type": "prometheus", "uid": "abc"}),
    ],
    "template-on-time-change-reload-rule": [lambda it: variable(it).update(refresh=1)],
    "panel-datasource-rule": [
        lambda it: panel(it).update(datasource={"uid": "abc"}),
        lambda it: target(it).pop("datasource"),
    ],
    "panel-title-description-rule": [
        lambda it: panel(it).update(title=" "),
        lambda it: panel(it).pop("description"),
    ],
    "panel-units-rule": [lambda it: panel(it)["fieldConfig"]["defaults"].pop("unit")],
    "panel-no-targets-rule": [lambda it: panel(it).update(targets=[])],
    "target-promql-rule": [lambda it: target(it).update(expr="sum(")],
    "target-rate-interval-rule": [lambda it: target(it).update(expr="rate(jobqueue_jobs_enqueued_total[5m])")],
    "target-counter-agg-rule": [
        lambda it: target(it).update(expr="sum(jobqueue_jobs_enqueued_total)"),
        lambda it: target(it).update(expr="max_over_time(jobqueue_job_wait_seconds_count[5m])"),
    ],
    "uneditable-dashboard": [lambda it: it.update(editable=True)],
    "grid": [
        lambda it: panel(it)["gridPos"].update(x=13),
        lambda it: panel(it)["gridPos"].update(h=0),
        lambda it: it["panels"][2]["gridPos"].update(y=2),
    ],
    "ids": [
        lambda it: panel(it).update(id=it["panels"][2]["id"]),
        lambda it: panel(it).pop("id"),
        lambda it: panel(it)["targets"][1].update(refId="A"),
        lambda it: it.update(uid="a" * 41),
    ],
    "no-value": [lambda it: it["panels"][2]["fieldConfig"]["defaults"].update(noValue="No job is dead.")],
    "now": [
        lambda it: it["panels"][2]["targets"][1].update(instant=False, range=True),
        lambda it: panel(it).update(type="stat"),
    ],
}


@pytest.fixture
def rendered(tmp_path: Path) -> Any:
    read = source(tmp_path)
    return rendering.dashboard(read, [read], bundle())


def test_a_rendered_dashboard_breaks_no_rule(rendered: Any) -> None:
    assert list(lint.problems(rendered)) == []


@pytest.mark.parametrize(("rule", "spoil"), [(rule, spoil) for rule, spoils in BAD.items() for spoil in spoils])
def test_what_breaks_a_rule_is_told_by_its_name(rendered: Any, rule: str, spoil: Spoil) -> None:
    spoil(rendered)
    found = list(lint.problems(rendered))
    assert {text.partition(": ")[0] for _, text in found} - {"ids"} <= {rule}
    assert any(text.startswith(f"{rule}: ") for _, text in found), found


def test_there_is_a_bad_dashboard_for_every_rule() -> None:
    assert BAD.keys() == lint.RULES.keys()


def test_every_rule_of_dashboard_linter_is_held_or_left_out_with_a_reason() -> None:
    theirs = {
        "panel-datasource-rule", "panel-no-targets-rule", "panel-title-description-rule", "panel-units-rule",
        "target-counter-agg-rule", "target-instance-rule", "target-job-rule", "target-logql-auto-rule",
        "target-logql-rule", "target-promql-rule", "target-rate-interval-rule", "template-datasource-rule",
        "template-instance-rule", "template-job-rule", "template-label-promql-rule",
        "template-on-time-change-reload-rule", "uneditable-dashboard",
    }  # fmt: skip
    assert theirs == (lint.RULES.keys() | lint.LEFT_OUT.keys()) - {"grid", "ids", "no-value", "now"}
    assert not lint.RULES.keys() & lint.LEFT_OUT.keys()
