"""Ids as people type them: which of them can be ids of a table at all, and how the table writes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from jobqueue_exporter.engines.sql.relation import Column
from jobqueue_exporter.engines.table.filters import storable
from jobqueue_exporter.engines.table.named_jobs import array
from jobqueue_exporter.engines.table.shelf import Shelf
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

# Longer than any that an index can hold.
_LONGEST = 10_000


def written(session: Session, column: Column, ids: Sequence[str]) -> dict[str, str]:
    """Each of these ids as the column's type writes it; those that it cannot hold are left out.

    Raises psycopg.Error and TimedOut.
    """
    possible = [text for text in dict.fromkeys(ids) if len(text) <= _LONGEST and storable(text)]
    return dict(_cast(session, column.cast, possible))


def among(shelf: Shelf, ids: Sequence[str]) -> str:
    """The condition that a row has one of these ids, which `written` has passed, as the primary key serves it."""
    return f"{shelf.id.sql} = ANY ({array(ids)}::text[]::{shelf.id.cast}[])"


def _cast(session: Session, of_type: str, ids: list[str]) -> list[tuple[str, str]]:
    """Only the database knows what its types can hold. One that it refuses spoils the others: halve until found."""
    if not ids:
        return []
    query = f"SELECT n, t::{of_type}::text FROM unnest({array(ids)}::text[]) WITH ORDINALITY AS one(t, n)"
    try:
        return [(ids[number - 1], text) for number, text in session.contained(partial(session.rows, query))]
    except Refused:
        if len(ids) == 1:
            return []
    half = len(ids) // 2
    return _cast(session, of_type, ids[:half]) + _cast(session, of_type, ids[half:])
