from __future__ import annotations

from typing import Any

import pytest

from jobqueue_exporter.bundle import expressions
from jobqueue_exporter.bundle.selectors import Selected
from tests.bundle.made import spec

BY_SOURCE = 'sum by ([= labels("source") =]) ([= gauge("jobqueue_jobs") =]) > [= t.threshold =]'


def test_a_good_alert_has_no_problems() -> None:
    assert list(expressions.problems(spec())) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            {"expr": '[= gauge("jobqueue_job") =] > [= t.threshold =]'},
            "there is no metric jobqueue_job in the catalogue",
        ),
        ({"expr": "max(jobqueue_jobs > [= t.threshold =]"}, "not PromQL: "),
        (
            {"expr": f"{BY_SOURCE} > [= t.threshold =]"},
            "`* on` joins by kind, queue, which its left side does not have",
        ),
        ({"expr": '[= gauge("jobqueue_jobs") =] > 5'}, "the threshold threshold is not used in its expression"),
        (
            {"expr": "sum by (source, queue, kind) (jobqueue_jobs) > [= t.threshold =]"},
            "jobqueue_jobs is selected without",
        ),
        ({"description": "{{ $labels.state }} of {{ $value | humanize }}."}, "description uses the label state, which"),
        (
            {"description": "{{ $labels.owner }} has {{ $labels.instance }}."},
            "description uses the label instance, which",
        ),
        (
            {"expr": BY_SOURCE, "by": ("source", "queue"), "pages": False},
            "its result has the labels source; `by` says queue, source",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed: dict[str, Any], problem: str) -> None:
    assert any(
        each.startswith(f"backlog.yaml:3: JobQueueMany: {problem}") for each in expressions.problems(spec(**changed))
    )


def test_a_lane_may_be_named_where_there_is_no_kind() -> None:
    lane = spec(
        by=("source", "queue"),
        pages=False,
        expr='sum by ([= labels("source", "queue") =]) ([= gauge("jobqueue_jobs") =]) > [= t.threshold =]',
    )
    assert list(expressions.problems(lane)) == []


def test_an_alert_that_is_off_is_looked_at_too() -> None:
    assert list(expressions.problems(spec(enabled=False, thresholds={"threshold": 1, "more": 2}))) == [
        "backlog.yaml:3: JobQueueMany: the threshold more is not used in its expression"
    ]


def test_what_an_alert_looks_at_is_its_own_series_first() -> None:
    assert [each.metric for each in expressions.selected(spec())] == [
        "jobqueue_jobs",
        "jobqueue_queue_paused",
        "jobqueue_pages",
        "jobqueue_queue_info",
    ]
    assert expressions.selected(spec())[0] == Selected("jobqueue_jobs", (("state", "=", "pending"),))
