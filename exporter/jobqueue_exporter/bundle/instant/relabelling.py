"""Functions that give series another label, as Prometheus has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import promql_parser as promql

from jobqueue_exporter.bundle.instant.series import readable
from jobqueue_exporter.bundle.instant.vectors import UNKNOWN, Key, Names, Vector, picker


@dataclass(frozen=True, slots=True)
class Relabelling:
    """What a label of all series becomes: the values of `sources`, joined by `apart`; and where these fit the pattern,
    if there is one, `value`."""

    label: str
    sources: Names
    apart: str = ""
    pattern: str | None = None
    value: str = ""

    def of(self, vector: Vector) -> Vector:
        """The series with their new label. Unknown where two would be the same."""
        names = vector.names if self.label in vector.names else (*vector.names, self.label)
        place, keep, pick = names.index(self.label), picker(vector.names, names), picker(vector.names, self.sources)

        def changed(key: Key) -> Key:
            kept = keep(key)
            value = self._value(self.apart.join(pick(key)), kept[place])
            return (*kept[:place], value, *kept[place + 1 :])

        rows = {changed(key): value for key, value in vector.rows.items()}
        maybe = {changed(key) for key in vector.maybe}
        if len(rows) < len(vector.rows) or not rows.keys().isdisjoint(maybe):
            return UNKNOWN
        return Vector(names, rows, maybe, vector.open)

    def _value(self, joined: str, before: str) -> str:
        if self.pattern is None:
            return joined
        return self.value if re.fullmatch(self.pattern, joined, re.ASCII) else before


def read(call: promql.Call) -> Relabelling | None:
    """What a call of label_join or label_replace does; None for any other, and where we cannot tell."""
    texts = [each.val for each in call.args[1:] if isinstance(each, promql.StringLiteral)]
    if len(texts) < len(call.args) - 1:
        return None
    if call.func.name == "label_join":
        label, apart, *sources = texts
        return Relabelling(label, tuple(sources), apart)
    if call.func.name == "label_replace":
        label, value, source, pattern = texts
        return Relabelling(label, (source,), "", pattern, value) if "$" not in value and readable(pattern) else None
    return None
