"""Parts of a configuration that contradict each other or refer to what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import msgspec

from jobqueue_exporter import dsn
from jobqueue_exporter.config import http_fit
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.config.nodes import Problem, Where
from jobqueue_exporter.config.pattern import matches
from jobqueue_exporter.config.types import DeadLetterTable, Events, States

_ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("table", "columns", "states", "events", "heartbeats", "dead_letters"), ("table",)),
    "schema": tuple(name for name, kind in ENGINES.items() if kind == "postgresql" and name != "table"),
    "bullmq": ("bullmq",),
    "http": tuple(name for name, kind in ENGINES.items() if kind == "http"),
}
_KINDS: Mapping[str, str] = {"postgresql": "a Postgres database", "redis": "a Redis", "http": "an HTTP API"}
_MEANINGS: Mapping[str, type[msgspec.Struct]] = {
    "states": States,
    "events": Events,
    "dead_letters": DeadLetterTable,
}


def problems(data: Mapping[str, object]) -> Iterator[Problem]:
    """Names given twice, values with two meanings, rules for sources that are not there."""
    sources = _list(data.get("sources"))
    yield from _names(sources)
    for index, source in enumerate(sources):
        yield from _address(_mapping(source), ("sources", index))
        yield from _idle(_mapping(source), ("sources", index))
        http, engine = _mapping(_mapping(source).get("http")), _mapping(source).get("engine")
        yield from http_fit.problems(http, engine, ("sources", index, "http"))
        for key, shape in _MEANINGS.items():
            words = _mapping(_mapping(source).get(key))
            yield from _meanings(words, shape, ("sources", index, key))
    yield from _rules(_list(data.get("queues")), [_mapping(source).get("name") for source in sources])


def _names(sources: list[object]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, source in enumerate(sources):
        name = _mapping(source).get("name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            text = f"`{name}` is the name of sources[{first[name]}] too; each source needs its own"
            yield Problem(("sources", index, "name"), text)


def _address(source: Mapping[str, object], where: Where) -> Iterator[Problem]:
    """An address of a kind that the engine does not read."""
    engine, text = source.get("engine"), source.get("dsn")
    wanted = ENGINES.get(engine) if isinstance(engine, str) else None
    found = dsn.kind(text) if isinstance(text, str) and "${" not in text else None
    if wanted and found and wanted != found:
        yield Problem((*where, "engine"), f"engine {engine} reads {_KINDS[wanted]}, and `dsn` is of {_KINDS[found]}")
    if not engine and found == "http":
        told = ", ".join(f"`{name}`" for name, kind in ENGINES.items() if kind == "http")
        yield Problem(where, f"what an HTTP API tells cannot be detected; add `engine:`, one of {told}")


def _idle(source: Mapping[str, object], where: Where) -> Iterator[Problem]:
    """Keys that say nothing to the engine."""
    engine = source.get("engine")
    if not isinstance(engine, str) or engine not in ENGINES:
        return
    for key, readers in _ONLY_FOR.items():
        if key in source and engine not in readers:
            yield Problem((*where, key), f"it says nothing to engine {engine}; it is for {' and '.join(readers)}")


def _meanings(given: Mapping[str, object], shape: type[msgspec.Struct], where: Where) -> Iterator[Problem]:
    """Words listed under two keys, the defaults of keys that are not given counted."""
    if not given:
        return
    first: dict[str, str] = {}
    defaults = {
        field.name: list(field.default)
        for field in msgspec.structs.fields(shape)
        if isinstance(field.default, tuple) and field.name not in given
    }
    for key, words in (defaults | {key: _list(words) for key, words in given.items()}).items():
        for index, word in enumerate(words):
            other = first.setdefault(word, key) if isinstance(word, str) else key
            if other != key:
                origin = " by default; give that key too" if other in defaults else ""
                yield Problem(
                    (*where, key, index),
                    f"`{word}` is listed under `{other}`{origin or '; keep one of both'}",
                )


def _rules(rules: list[object], names: list[object]) -> Iterator[Problem]:
    known = [name for name in names if isinstance(name, str) and "${" not in name]
    first: dict[tuple[object, ...], int] = {}
    for index, rule in enumerate(rules):
        match = _mapping(_mapping(rule).get("match"))
        where = ("queues", index, "match")
        source = match.get("source", "*")
        if isinstance(source, str) and len(known) == len(names) and not any(matches(source, n) for n in known):
            yield Problem((*where, "source"), f"no source is called `{source}`{_suggestion(source, known)}")
        parts = tuple(str(match.get(key, "*")) for key in ("source", "queue", "kind"))
        if match and first.setdefault(parts, index) != index:
            yield Problem(where, f"queues[{first[parts]}] has the same match and wins; this rule never counts")


def _suggestion(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(dict.fromkeys(known))}" if known else ""


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
