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
        "info": wanted.info,
        "muted": wanted.muted,
    }
    return {name: _number(value, bundle) for name, value in said.items() if value is not None}


def mappings(words: Mapping[str, Word]) -> list[dict[str, object]]:
    """Words for values; the value `null` is none at all."""
    found: list[dict[str, object]] = []
    plain = {value: _word(word, index) for index, (value, word) in enumerate(words.items()) if value != "null"}
    if plain:
        found.append({"type": "value", "options": plain})
    if "null" in words:
        found.append({"type": "special", "options": {"match": "null", "result": _word(words["null"], len(plain))}})
    return found


def _word(word: Word, index: int) -> dict[str, object]:
    colour = {"color": COLOURS[word.colour]} if word.colour else {}
    return {"index": index, "text": word.text, **colour}


def _number(value: float | str, bundle: Bundle) -> float:
    if not isinstance(value, str):
        return value
    alert, _, name = value.partition(".")
    return limit(bundle, alert, name or "threshold")
