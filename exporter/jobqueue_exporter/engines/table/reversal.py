"""Stretches of jobs turned round: the newest first, those of all lanes in one order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from jobqueue_exporter.engines.sql.relation import Column
from jobqueue_exporter.engines.table.segments import Segment

# Each adds a page of its own to what a page reads, and to the plan of its query.
MOST_MERGED = 200
# Beside the columns of the table: none of them may be called so.
_KEY = "key of the merged"


def newest_first(segments: Sequence[Segment]) -> list[Segment]:
    """The same rows in the other direction, those whose order is not known after all others.

    Rows that are ordered by columns of one type are merged, so that the newest of all lanes come first; where there
    are too many lanes for that, they come lane by lane.
    """
    reversed_ones = [replace(one, newest=True) for one in reversed(segments)]
    keyed = [one for one in reversed_ones if one.key is not None]
    if 1 < len(keyed) <= MOST_MERGED:
        keyed = [*_merged(keyed)]
    return [*keyed, *(one for one in reversed_ones if one.key is None)]


def _merged(segments: Iterable[Segment]) -> Iterator[Segment]:
    alike: dict[tuple[str, str], list[Segment]] = {}
    for one in segments:
        assert one.key is not None
        alike.setdefault((one.shelf.relation.sql, one.key.declared), []).append(one)
    for (table, declared), group in alike.items():
        key = group[0].key
        assert key is not None
        made = Column(_KEY, key.type, True, declared=key.declared)
        yield replace(group[0], where=f"{table} by {declared}", key=made, lead=None, parts=tuple(group))
