"""Which alerts mute which."""

from __future__ import annotations

import pytest

from jobqueue_exporter.bundle.alertmanager import inhibitions
from jobqueue_exporter.bundle.spec import Alert, AlertType, Severity, Spec

LANE = ("source", "queue", "kind")


def spec(name: str, severity: Severity, *explained_by: str, by: tuple[str, ...] = LANE) -> Spec:
    alert = Alert(
        severity=severity,
        alert_type=AlertType.CAUSE,
        by=by,
        expr="",
        summary="",
        description="",
        inhibited_by=explained_by,
    )
    return Spec(name, "backlog", alert, "here")


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.WARNING])
def test_what_pages_is_muted_by_what_pages_only_whatever_its_spec_says_and_all_else_by_either(
    severity: Severity,
) -> None:
    known = (spec("First", Severity.CRITICAL, by=("source",)), spec("Second", severity, "First", "Unknown"))
    assert inhibitions(known, ("cluster",)) == [
        {
            "source_matchers": ['alertname=~"First"', 'severity="critical"'],
            "target_matchers": ['alertname="Second"'],
            "equal": ["cluster", "source"],
        },
        {
            "source_matchers": ['alertname=~"First"'],
            "target_matchers": ['alertname="Second"', 'severity!="critical"'],
            "equal": ["cluster", "source"],
        },
    ]


def test_of_the_labels_that_tell_lanes_apart_those_that_both_have_are_the_same() -> None:
    known = (spec("First", Severity.WARNING), spec("Second", Severity.WARNING, "First"))
    assert [rule["equal"] for rule in inhibitions(known, ())] == 2 * [["source", "queue", "kind"]]
