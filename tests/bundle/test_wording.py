from __future__ import annotations

from typing import Any

import pytest

from jobqueue_exporter.bundle import wording
from jobqueue_exporter.bundle.spec import AlertType, Severity
from jobqueue_exporter.config.basics import DurationOrZero
from tests.bundle.made import spec


def test_a_good_alert_has_no_problems() -> None:
    assert list(wording.problems([spec()])) == []


@pytest.mark.parametrize("name", ["JobQueueDLQ", "QueueMany", "JobQueue", "JobQueue_Many", "JobQueuemany"])
def test_a_name_is_in_camel_case(name: str) -> None:
    (problem,) = wording.problems([spec(name)])
    assert problem.startswith(f"backlog.yaml:3: {name}: expected a name such as JobQueueWaitTooLong")


def test_a_name_is_short() -> None:
    assert list(wording.problems([spec("JobQueue" + "Abcd" * 8)])) == []
    assert "a name of 41 characters; 40 are the most" in next(wording.problems([spec("JobQueue" + "Abcd" * 8 + "e")]))


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"keep_firing_for": DurationOrZero(599)}, "critical, so keep_firing_for must be 10m or more"),
        ({"alert_type": AlertType.CAUSE}, "a cause is a warning; only a symptom"),
        ({"severity": Severity.WARNING}, "`pages` is for what is critical"),
        ({"by": ("source",)}, "`pages` needs a result by source, queue and kind"),
        ({"by": ("source", "queue", "kind", "kind")}, "`by` names a label twice"),
        ({"summary": "Jobs of {{ $labels.queue }}."}, "the summary is static"),
        ({"summary": "Above [= t.threshold =]."}, "the summary is static"),
        ({"summary": "jobs wait."}, "the summary is one sentence"),
        ({"summary": "Jobs wait"}, "the summary is one sentence"),
        ({"summary": "Jobs wait. They do."}, "the summary is one sentence"),
        ({"description": "In [= lane =] jobs wait"}, "the description ends with a full stop"),
        ({"description": "Many jobs are pending."}, "the description says no more than the summary"),
        ({"description": "Some jobs are pending."}, "the description names no lane and no source"),
        ({"description": "In [= lane =] {{ $value }} jobs."}, "the description shows $value raw"),
        ({"inhibited_by": ("JobQueueNone",)}, "inhibited_by: there is no alert JobQueueNone"),
        ({"inhibited_by": ("JobQueueMany",)}, "inhibited_by: JobQueueMany by JobQueueMany: together they mute"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed: dict[str, Any], problem: str) -> None:
    found = list(wording.problems([spec(**changed)]))
    assert any(each.startswith(f"backlog.yaml:3: JobQueueMany: {problem}") for each in found)


def test_alerts_that_mute_each_other_are_told_once() -> None:
    specs = [
        spec("JobQueueAx", inhibited_by=("JobQueueBx",)),
        spec("JobQueueBx", inhibited_by=("JobQueueCx",)),
        spec("JobQueueCx", inhibited_by=("JobQueueAx",)),
        spec("JobQueueDx", inhibited_by=("JobQueueAx",)),
    ]
    assert [each for each in wording.problems(specs) if "mute" in each] == [
        "backlog.yaml:3: JobQueueAx: inhibited_by: JobQueueAx by JobQueueBx by JobQueueCx by JobQueueAx: "
        "together they mute each other"
    ]


def test_a_chain_of_what_mutes_what_is_fine() -> None:
    specs = [
        spec("JobQueueAx", inhibited_by=("JobQueueBx", "JobQueueCx")),
        spec("JobQueueBx", inhibited_by=("JobQueueCx",)),
    ]
    assert list(wording.problems([*specs, spec("JobQueueCx")])) == []
