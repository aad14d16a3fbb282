"""Which rows of a stretch are wanted, as a condition in SQL."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg.sql import Literal

from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH
from jobqueue_exporter.engines.table.shelf import Shelf
from jobqueue_exporter.model import State

ALL = "true"
# Rows that lie along the same index and are told apart only by looking at each.
_MIXED = (State.SCHEDULED, State.RETRYING)


def narrow(wanted: Wanted) -> bool:
    """Whether rows of the right state may be unwanted."""
    asked = (wanted.queue, wanted.kind, wanted.cause, wanted.older_than, wanted.match, wanted.stuck)
    return any(one is not None for one in asked) or (wanted.recovery is None and wanted.state in _MIXED)


def possible(wanted: Wanted) -> bool:
    """Whether the database could hold the texts that are asked for at all."""
    return all(storable(text) for text in (wanted.queue, wanted.kind, wanted.match) if text)


def kept(shelf: Shelf, wanted: Wanted, default_queue: str) -> str:
    """The condition that a row of the right state is wanted, whatever its cause; ALL where every one is."""
    return " AND ".join(_conditions(shelf, wanted, default_queue)) or ALL


def _conditions(shelf: Shelf, wanted: Wanted, default_queue: str) -> Iterator[str]:
    if wanted.recovery is None and wanted.state in _MIXED:
        yield f"coalesce({shelf.state} = '{wanted.state}', false)"
    if wanted.queue is not None:
        own = Literal(default_queue[:LABEL_LENGTH]).as_string()
        yield f"coalesce(nullif({shelf.queue}, ''), {own}) = {_text(wanted.queue)}"
    if wanted.kind is not None:
        yield f"coalesce({shelf.kind}, '') = {_text(wanted.kind)}"
    if wanted.older_than is not None:
        since = shelf.since if wanted.recovery is None else shelf.moments["ended_at"]
        age = f"date_part('epoch', now()) - date_part('epoch', {since})"
        yield f"coalesce({age} > {wanted.older_than:.3f}, false)"
    if wanted.match is not None:
        yield f"coalesce(strpos(lower({shelf.error}), lower({_text(wanted.match)})) > 0, false)"
    if wanted.stuck is not None:
        yield f"coalesce({shelf.stuck}, {str(not wanted.stuck).lower()}) = {str(wanted.stuck).lower()}"


def storable(text: str) -> bool:
    """Whether Postgres could hold this text at all: no NUL, no half of a character."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _text(text: str) -> str:
    return f"{Literal(text).as_string()}::text"
