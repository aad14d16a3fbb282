"""What answers say of dead jobs beyond their number: causes, attempts, and how many died lately."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from jobqueue_exporter.config.http_types import HttpDeadLetters
from jobqueue_exporter.engines.causes import Causes
from jobqueue_exporter.engines.http_json.document import Document
from jobqueue_exporter.model import Cause, DeadLetters, Lane


def told(mapping: HttpDeadLetters, document: Document, causes: Causes, queue: str) -> dict[Lane, DeadLetters] | None:
    """What the mapping finds in an answer by lane; None when it finds nothing it looks for. Raises Refused."""
    listed = _listed(mapping, document, causes, queue) if mapping.items is not None else None
    recent = dict(_recent(mapping, document))
    average = document.number(mapping.attempts_average, document.root) if mapping.attempts_average else None
    if not recent and average is None:
        return listed
    lane = Lane(_fixed(mapping.queue) or queue, _fixed(mapping.kind))
    found = (listed or {}).get(lane, DeadLetters(causes={}))
    whole = replace(found, recent=recent or None)
    return (listed or {}) | {lane: whole if average is None else replace(whole, attempts_average=average)}


def _listed(mapping: HttpDeadLetters, document: Document, causes: Causes, queue: str) -> dict[Lane, DeadLetters] | None:
    items = document.items(mapping.items or "")
    if items is None:
        return None
    counted: defaultdict[Lane, Counter[Cause]] = defaultdict(Counter)
    attempts: defaultdict[Lane, list[int]] = defaultdict(list)
    for item in items:
        lane = Lane(document.name(mapping.queue, item, queue), document.name(mapping.kind, item))
        if mapping.error is not None:
            counted[lane][causes.of(document.text(mapping.error, item))] += 1
        if mapping.attempts is not None and (tried := document.count(mapping.attempts, item)) is not None:
            attempts[lane].append(tried)
    return {
        lane: DeadLetters(
            causes=dict.fromkeys(Cause, 0) | counted[lane] if counted[lane] else {},
            attempts_average=sum(tries) / len(tries) if (tries := attempts[lane]) else None,
        )
        for lane in counted.keys() | attempts.keys()
    }


def _recent(mapping: HttpDeadLetters, document: Document) -> Iterator[tuple[str, int]]:
    for window, path in mapping.recent.items():
        if (count := document.count(path, document.root)) is not None:
            yield window, count


def _fixed(text_or_path: str) -> str:
    """A name as it is; what only an item could tell is not told of all together."""
    return "" if text_or_path.startswith("$") else text_or_path
