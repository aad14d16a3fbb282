"""Which alerts mute which."""

from __future__ import annotations

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


def test_a_warning_is_muted_by_what_explains_it_of_any_severity() -> None:
    known = (spec("Symptom", Severity.CRITICAL), spec("Cause", Severity.WARNING, "Symptom", "Unknown"))
    assert inhibitions(known, ("cluster",)) == [
        {
            "source_matchers": ['alertname=~"Symptom"'],
            "target_matchers": ['alertname="Cause"'],
            "equal": ["cluster", "source", "queue", "kind"],
        }
    ]


def test_a_page_is_muted_by_another_page_only_and_its_form_for_lanes_that_do_not_page_by_either() -> None:
    known = (spec("First", Severity.CRITICAL, by=("source",)), spec("Second", Severity.CRITICAL, "First"))
    assert inhibitions(known, ()) == [
        {
            "source_matchers": ['alertname=~"First"', 'severity="critical"'],
            "target_matchers": ['alertname="Second"'],
            "equal": ["source"],
        },
        {
            "source_matchers": ['alertname=~"First"'],
            "target_matchers": ['alertname="Second"', 'severity!="critical"'],
            "equal": ["source"],
        },
    ]
