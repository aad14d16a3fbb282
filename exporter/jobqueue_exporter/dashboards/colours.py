"""Colours, thresholds and words for values, as Grafana has them."""

from __future__ import annotations

from collections.abc import Mapping

from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.dashboards.source import ColourName, Thresholds, Word
from jobqueue_exporter.dashboards.words import limit

COLOURS: Mapping[ColourName, str] = {
    "ok": "green",
    "warning": "orange",
    "critical": "red",
    "info": "blue",
    "muted": "#8e8e8e",
}
"""Names that Grafana shows well on light and on dark."""

OF_VALUES: Mapping[str, Mapping[str, ColourName]] = {
    "state": {
        "pending": "info",
        "retrying": "warning",
        "running": "ok",
        "dead_letter": "critical",
        "live": "ok",
        "stale": "warning",
    },
    "outcome": {"completed": "ok", "dead_letter": "critical", "discarded": "critical", "cancelled": "muted"},
    "recovery_state": {
        "pending": "warning",
        "retry_scheduled": "info",
        "recovered": "ok",
        "abandoned": "critical",
    },
}
"""Values of labels that have the same colour everywhere; the others take one of the palette."""

_UNTOLD: Mapping[str, object] = {
    "type": "special",
    "options": {"match": "null+nan", "result": {"text": "-", "color": "transparent"}},
}
"""A cell without a value, which would be shown as less than all thresholds."""


def thresholds(wanted: Thresholds | None, bundle: Bundle) -> dict[str, object]:
    """Steps by rising value; without any, one colour for all. Raises ValueError."""
    wanted = wanted or Thresholds()
    numbered = sorted(numbers(wanted, bundle).items(), key=lambda pair: pair[1])
    steps: list[dict[str, object]] = [{"color": COLOURS[wanted.base], "value": None}]
    steps += [{"color": COLOURS[name], "value": value} for name, value in numbered]
    return {"mode": "absolute", "steps": steps}


def numbers(wanted: Thresholds, bundle: Bundle) -> dict[ColourName, float]:
    """From which value on each colour counts. Raises ValueError."""
    said: dict[ColourName, float | str | None] = {
        "ok": wanted.ok,
        "warning": wanted.warning,
        "critical": wanted.critical,
    }
    return {name: _number(value, bundle) for name, value in said.items() if value is not None}


def mappings(words: Mapping[str, Word]) -> list[dict[str, object]]:
    """Words for values."""
    options = {value: _word(word, index) for index, (value, word) in enumerate(words.items())}
    return [{"type": "value", "options": options}] if options else []


def of_cells(words: Mapping[str, Word]) -> list[dict[str, object]]:
    """The same for a column of a table, some of whose cells have no value."""
    return [*mappings(words), dict(_UNTOLD)]


def _word(word: Word, index: int) -> dict[str, object]:
    colour = {"color": COLOURS[word.colour]} if word.colour else {}
    return {"index": index, "text": word.text, **colour}


def _number(value: float | str, bundle: Bundle) -> float:
    if not isinstance(value, str):
        return value
    alert, _, name = value.partition(".")
    return limit(bundle, alert, name or "threshold")
