"""The ids that a person gave, as the database can compare them with a column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg.sql import Literal

from jobqueue_exporter.engines.sql.relation import Column, Type
from jobqueue_exporter.engines.table.filters import storable
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Row, Session


@dataclass(frozen=True, slots=True)
class Named:
    """Ids in the order in which they were given; `fit` are the places of those that the column could hold. `twins` are
    the places of further ways to write the same value, each with the place of the first, which alone is asked for."""

    ids: tuple[str, ...]
    fit: tuple[int, ...]
    twins: Mapping[int, int] = field(default_factory=dict)

    def only(self, places: Sequence[int]) -> Named:
        """The same ids, with these alone asked for."""
        return replace(self, fit=tuple(places))

    def twice(self, place: int) -> str:
        """What to say of an id that means the same job as one before; empty where it does not."""
        return f"the same job as {self.ids[self.twins[place]]}: named twice" if place in self.twins else ""

    def asked(self, column: Column) -> str:
        """A table in SQL of (n, id): the place of each id, and the id in the type of its column."""
        places = ",".join(map(str, self.fit))
        texts = array(self.ids[place] for place in self.fit)
        return f"unnest('{{{places}}}'::int[], {texts}::{column.cast}[]) AS asked(n, id)"


def array(texts: Iterable[str]) -> str:
    """An array in SQL, without its type. The driver's own takes longer for it than the database for the change."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return Literal("{" + ",".join(f'"{text}"' for text in quoted) + "}").as_string()


def named(session: Session, column: Column, ids: Sequence[str]) -> Named:
    """Each id once, and which of them could be in the column.

    Raises SourceError and psycopg.Error.
    """
    once = tuple(dict.fromkeys(ids))
    sendable = tuple(place for place, text in enumerate(once) if storable(text))
    if column.type is Type.TEXT:
        return Named(once, sendable)
    first: dict[str, int] = {}
    twins: dict[int, int] = {}
    for place, value in sorted(_values(session, column, once, sendable)):
        if first.setdefault(value, place) != place:
            twins[place] = first[value]
    return Named(once, tuple(first.values()), twins)


def _values(session: Session, column: Column, ids: tuple[str, ...], places: tuple[int, ...]) -> list[Row]:
    """The place and the value, as the database writes it, of those that the column's type can hold; the others are
    found by halves."""
    if not places:
        return []
    query = f"SELECT asked.n, asked.id::text FROM {Named(ids, places).asked(column)}"
    try:
        return session.contained(lambda: session.rows(query))
    except Refused:
        if len(places) == 1:
            return []
        middle = len(places) // 2
        return _values(session, column, ids, places[:middle]) + _values(session, column, ids, places[middle:])
