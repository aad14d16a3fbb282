"""What a configuration changes in what is told of the present moment."""

from __future__ import annotations

from jobqueue_exporter.bundle.spec import Severity
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts
from jobqueue_exporter.model import Lane
from tests.bundle.made import spec
from tests.bundle.test_moment import snapshot, told


def test_a_cause_that_the_configuration_made_a_page_is_not_explained_by_a_ticket() -> None:
    cause, ticket = (
        spec("Cause", pages=False, severity=Severity.WARNING, inhibited_by=("Ticket",)),
        spec("Ticket", pages=False, severity=Severity.WARNING),
    )
    asked = Alerts(rules={"Cause": AlertRule(severity="critical")})
    for alerts, explains in ((Alerts(), ("Ticket",)), (asked, ())):
        found = told(snapshot(pending=500), alerts=alerts, own=(cause, ticket))
        assert {each.alert: each.explains for each in found.problems} == {"Cause": explains, "Ticket": ()}


def test_what_an_override_matches_is_left_to_its_own_rule() -> None:
    overrides = (
        AlertOverride(match=AlertMatch(source="shop", queue="m*"), severity="info"),
        AlertOverride(match=AlertMatch(kind="B"), enabled=False),
    )
    rules = {"JobQueueMany": AlertRule(severity="critical", overrides=overrides)}
    lanes = (Lane("mail", "A"), Lane("mail", "B"), Lane("other", "A"), Lane("other", "B"))
    found = [
        (each.labels["source"], each.labels["queue"], each.labels["kind"], each.severity)
        for lane in lanes
        for each in told(
            *(snapshot(lane, 500, source=name) for name in ("shop", "else")),
            alerts=Alerts(rules=rules),
            own=(spec(pages=False),),
        ).problems
    ]
    assert sorted(found) == [
        ("else", "mail", "A", Severity.CRITICAL),
        ("else", "other", "A", Severity.CRITICAL),
        ("shop", "mail", "A", Severity.INFO),
        ("shop", "mail", "B", Severity.INFO),
        ("shop", "other", "A", Severity.CRITICAL),
    ]
