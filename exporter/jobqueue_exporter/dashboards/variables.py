"""What a dashboard can be narrowed by: the data source, then labels, each offered as those before it allow."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.dashboards.panels import DATASOURCE
from jobqueue_exporter.dashboards.words import Words, matcher

EVERYTHING = ".*"
"""What `All` stands for: also series whose label is empty, as a kind may be."""

_LABELS = {"source": "Source", "queue": "Queue", "kind": "Kind"}


def variables(words: Words) -> list[dict[str, object]]:
    """All of them, in the order in which they are chosen."""
    return [_datasource(), *_queries(words)]


def names(words: Words) -> tuple[str, ...]:
    """Their names."""
    return ("datasource", *words.keep, *words.variables)


def _queries(words: Words) -> Iterator[dict[str, object]]:
    before: list[str] = []
    for name in (*words.keep, *words.variables):
        metric = "jobqueue_queue_info" if name in ("queue", "kind") else "jobqueue_source_up"
        narrowed = f"{{{', '.join(map(matcher, before))}}}" if before else ""
        yield _query(name, f"label_values({metric}{narrowed}, {name})")
        before.append(name)


def _datasource() -> dict[str, object]:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "hide": 0,
        "multi": False,
        "includeAll": False,
        "options": [],
        "regex": "",
    }


def _query(name: str, query: str) -> dict[str, object]:
    return {
        "name": name,
        "label": _LABELS.get(name, name),
        "type": "query",
        "datasource": DATASOURCE,
        "query": query,
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "multi": True,
        "includeAll": True,
        "allValue": EVERYTHING,
        "options": [],
        "current": {"text": ["All"], "value": ["$__all"]},
        "regex": "",
    }
