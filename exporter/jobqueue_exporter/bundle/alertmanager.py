"""The configuration of Alertmanager, whole or in parts, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobqueue_exporter.bundle.scaling import span
from jobqueue_exporter.bundle.spec import Severity, Spec
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.config.alert_types import Owner

Part = dict[str, object]
GROUP_BY = ("alertname", "source", "queue")
_PAGES = f'"{Severity.CRITICAL}"'
PAGE, TICKET, NOBODY, WATCHDOG = "page", "ticket", "nobody", "watchdog"


def config(specs: Iterable[Spec], keep: tuple[str, ...], owners: Mapping[str, Owner], *, scale: float = 1.0) -> Part:
    """All of it: routes by severity and owner, inhibition, and receivers as examples to be filled in."""
    return {
        "route": {
            "receiver": TICKET,
            "group_by": [*keep, *GROUP_BY],
            "group_wait": span(30 / scale),
            "group_interval": span(300 / scale),
            "repeat_interval": span(43_200 / scale),
            "routes": [_watchdog(scale), *_ours(owners, scale)],
        },
        "inhibit_rules": inhibitions(specs, keep),
        "receivers": [{"name": name} for name in (PAGE, TICKET, NOBODY, WATCHDOG, *_receivers(owners))],
    }


def route(keep: tuple[str, ...], owners: Mapping[str, Owner], *, scale: float = 1.0) -> Part:
    """One route for those who have a configuration of their own: it takes all our alerts, and no others."""
    return {
        "matchers": ['alertname=~"JobQueue.+"'],
        "receiver": TICKET,
        "group_by": [*keep, *GROUP_BY],
        "routes": [_watchdog(scale), *_ours(owners, scale)],
    }


def inhibitions(specs: Iterable[Spec], keep: tuple[str, ...]) -> list[Part]:
    """A rule for each alert that others explain, by the labels that both have. Labels that both lack are equal to
    Alertmanager, so only those that both have are named. What pages is only muted by what pages too, by the severities
    that alerts come with: a configuration may have changed them."""
    known = {spec.name: spec for spec in specs}
    found: list[Part] = []
    for spec in known.values():
        by_equal: dict[tuple[str, ...], list[str]] = {}
        for name in spec.alert.inhibited_by:
            if name in known:
                equal = tuple(label for label in known[name].alert.by if label in spec.alert.by and label in LANE)
                by_equal.setdefault(equal, []).append(name)
        for equal, names in by_equal.items():
            source, target = f'alertname=~"{"|".join(names)}"', f'alertname="{spec.name}"'
            pairs = (([source, f"severity={_PAGES}"], [target]), ([source], [target, f"severity!={_PAGES}"]))
            found.extend(
                {"source_matchers": sources, "target_matchers": targets, "equal": [*keep, *equal]}
                for sources, targets in pairs
            )
    return found


def _watchdog(scale: float) -> Part:
    return {
        "matchers": ['alertname="JobQueueWatchdog"'],
        "receiver": WATCHDOG,
        "group_wait": "0s",
        "group_interval": span(60 / scale),
        "repeat_interval": span(300 / scale),
    }


def _ours(owners: Mapping[str, Owner], scale: float) -> list[Part]:
    """The routes below: nobody is told of what is only informative; then by owner, critical before the rest."""
    owned = [
        {
            "matchers": [f"owner={_quoted(name)}", f'severity="{severity}"'],
            "receiver": receiver,
            **_repeat(severity, scale),
        }
        for name, owner in owners.items()
        for severity, receiver in _told(owner)
    ]
    return [
        {"matchers": ['severity=~"info|none"'], "receiver": NOBODY},
        *owned,
        {"matchers": ['severity="critical"'], "receiver": PAGE, **_repeat(Severity.CRITICAL, scale)},
        {"matchers": ['severity="warning"'], "receiver": TICKET},
    ]


def _told(owner: Owner) -> tuple[tuple[Severity, str], ...]:
    """The receivers that somebody has, by severity."""
    named = ((Severity.CRITICAL, owner.receiver), (Severity.WARNING, owner.ticket_receiver))
    return tuple((severity, receiver) for severity, receiver in named if receiver)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _repeat(severity: Severity, scale: float) -> Part:
    return {"repeat_interval": span(14_400 / scale)} if severity is Severity.CRITICAL else {}


def _receivers(owners: Mapping[str, Owner]) -> tuple[str, ...]:
    ours = {PAGE, TICKET, NOBODY, WATCHDOG}
    named = (receiver for owner in owners.values() for _, receiver in _told(owner))
    return tuple(dict.fromkeys(receiver for receiver in named if receiver not in ours))
