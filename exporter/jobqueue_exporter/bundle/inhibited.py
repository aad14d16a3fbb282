"""Which alerts explain which, as Alertmanager mutes them by our rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobqueue_exporter.bundle.spec import Severity, Spec
from jobqueue_exporter.catalog.metric import LANE

Named = tuple[str, Severity, Mapping[str, str]]
"""The name of an alert, its severity, and the labels of a result of it."""


@dataclass(frozen=True, slots=True)
class _Explained:
    """That `by` explains an alert where both have the same values of these labels."""

    by: str
    equal: tuple[str, ...]


class Explanations:
    """What the specs say of it."""

    def __init__(self, specs: Iterable[Spec]) -> None:
        known = {spec.name: spec.alert for spec in specs}
        self.by_alert = {
            name: tuple(
                _Explained(
                    other,
                    tuple(label for label in known[other].by if label in alert.by and label in LANE),
                )
                for other in alert.inhibited_by
                if other in known
            )
            for name, alert in known.items()
        }
        self.wanted: dict[str, set[tuple[str, ...]]] = {}
        for each in (one for several in self.by_alert.values() for one in several):
            self.wanted.setdefault(each.by, set()).add(each.equal)

    def among(self, held: Iterable[Named]) -> Holding:
        """What explains what among alerts that hold."""
        return Holding(self, held)


class Holding:
    """Alerts that hold, by the labels that others are compared with."""

    def __init__(self, explanations: Explanations, held: Iterable[Named]) -> None:
        self._explanations = explanations
        self._severities: dict[tuple[str, tuple[str, ...], tuple[str, ...]], set[Severity]] = {}
        for name, severity, labels in held:
            for equal in explanations.wanted.get(name, ()):
                self._severities.setdefault((name, equal, _values(labels, equal)), set()).add(severity)

    def of(self, alert: str, severity: Severity, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The alerts that explain this one; of what pages, only those that page."""
        return tuple(
            each.by
            for each in self._explanations.by_alert[alert]
            if (found := self._severities.get((each.by, each.equal, _values(labels, each.equal))))
            and (Severity.CRITICAL in found or severity is not Severity.CRITICAL)
        )


def _values(labels: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in names)
