"""A table of jobs cut into stretches, each of which is read page by page along an index where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from jobqueue_exporter.engines.sql.relation import Column
from jobqueue_exporter.engines.table.shelf import Shelf, typed
from jobqueue_exporter.sources.postgres import Row, Session

# A row of a page: these, then the columns of the shelf, the id first.
KEY, KEPT, ID = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of a shelf in the order of `key`, which none lacks, and those of one key by id; without a key, all by id.

    `lead` is NULL in all of them, and stands before the key in the index that serves them. With `newest` they are in
    the reverse of that order. One that is merged of `parts` has all their rows, and its `where` is but a name.
    """

    shelf: Shelf
    where: str
    key: Column | None = None
    lead: Column | None = None
    newest: bool = False
    parts: tuple[Segment, ...] = ()

    @property
    def stretches(self) -> tuple[Segment, ...]:
        """What of it lies along one index: its parts, else itself."""
        return self.parts or (self,)

    @property
    def beyond(self) -> str:
        """How what comes later compares to what came before."""
        return "<" if self.newest else ">"

    @property
    def direction(self) -> str:
        """Its direction for ORDER BY."""
        return " DESC" if self.newest else ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place between two rows of a segment: among those of this key after this id if `inside`, else after them."""

    key: str | None = None
    id: str | None = None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """How pages are asked for: rows of them are `kept` by a condition, and all that is known of these if `whole`."""

    kept: str
    whole: bool


def by_key(shelf: Shelf, where: str, key: Column) -> Iterator[Segment]:
    """The rows that have a key, then those that have none."""
    yield Segment(shelf, f"{where} AND {key.sql} IS NOT NULL", key)
    if not key.not_null:
        yield Segment(shelf, f"{where} AND {key.sql} IS NULL")


def start(segment: Segment) -> Spot:
    """The place before all rows of a segment."""
    return Spot(inside=segment.key is None)


def read(session: Session, segment: Segment, spot: Spot, size: int, page: Page) -> tuple[list[Row], Spot | None]:
    """Up to `size` rows from a place on, and the place after them; None when they are the last.

    Thousands of rows may have the same key, as after one INSERT: a page ends with all rows of a key, and only one
    key's rows that fill a page alone are put in the order of their ids, so that none is sorted again and again.

    Raises psycopg.Error and TimedOut.
    """
    if spot.inside:
        rows = session.rows(_inside(segment, spot, size, page))
        if len(rows) == size:
            return rows, Spot(spot.key, rows[-1][ID], inside=True)
        return rows, Spot(spot.key) if segment.key else None
    rows = session.rows(_beyond(segment, spot, size + 1, page))
    if len(rows) <= size:
        return rows, None
    cut = rows[-1][KEY]
    complete = [row for row in rows if row[KEY] != cut]
    return complete, Spot(complete[-1][KEY]) if complete else Spot(cut, inside=True)


def located(session: Session, numbered: Sequence[tuple[int, Segment]], identity: str) -> tuple[int, Spot] | None:
    """The number of that of these segments of one shelf which holds the job of this id, and the place after it.

    Raises psycopg.Error and TimedOut.
    """
    found = session.rows(_locating(numbered, identity))
    if not found or found[0][0] is None:
        return None
    number, key = found[0]
    return number, Spot(key, identity, inside=True)


def _locating(numbered: Sequence[tuple[int, Segment]], identity: str) -> str:
    shelf = numbered[0][1].shelf
    stretches = [(number, one) for number, segment in numbered for one in segment.stretches]
    cases = " ".join(f"WHEN {one.where} THEN {number}" for number, one in stretches)
    keys = " ".join(f"WHEN {one.where} THEN {_key(one)}" for _, one in stretches)
    same = f"{shelf.id.sql} = {typed(identity, shelf.id)}"
    return f"SELECT CASE {cases} END, CASE {keys} END FROM {shelf.relation.sql} WHERE {same} LIMIT 1"


def _beyond(segment: Segment, spot: Spot, size: int, page: Page) -> str:
    """Rows after all of a key, in the order of the index alone; those of one key are put in order afterwards."""
    arms = (_arm(segment, one, *_after_key(segment, one, spot), size) for one in segment.stretches)
    return _page(segment, arms, size, page, by_key=True)


def _after_key(segment: Segment, part: Segment, spot: Spot) -> tuple[str, str]:
    """The condition that a row of a part comes later, and the order of its index."""
    assert part.key is not None
    after = f" AND {part.key.sql} {segment.beyond} {typed(spot.key, part.key)}" if spot.key is not None else ""
    columns = (part.lead, part.key) if part.lead else (part.key,)
    return after, ", ".join(f"{column.sql}{segment.direction}" for column in columns)


def _inside(segment: Segment, spot: Spot, size: int, page: Page) -> str:
    """Rows of one key, or of all where there is none, after an id."""
    column = segment.shelf.id
    after = f"{segment.beyond} {typed(spot.id, column)}" if spot.id is not None else "IS NOT NULL"
    order = f"{column.sql}{segment.direction}"
    arms = (
        _arm(segment, one, f"{_same_key(one, spot)} AND {column.sql} {after}", order, size) for one in segment.stretches
    )
    return _page(segment, arms, size, page, by_key=False)


def _same_key(part: Segment, spot: Spot) -> str:
    return f" AND {part.key.sql} = {typed(spot.key, part.key)}" if part.key is not None else ""


def _arm(segment: Segment, part: Segment, condition: str, order: str, size: int) -> str:
    """The rows of one stretch that may be in a page."""
    shelf, key = segment.shelf, segment.key
    merged = f", {part.key.sql} AS {key.sql}" if segment.parts and part.key and key else ""
    return (
        f"SELECT {shelf.readable}{merged} FROM {shelf.relation.sql}\n"
        f"      WHERE {part.where}{condition}\n"
        f"      ORDER BY {order} LIMIT {size}"
    )


def _page(segment: Segment, arms: Iterable[str], size: int, page: Page, *, by_key: bool) -> str:
    columns = (segment.key, segment.shelf.id) if by_key and segment.key else (segment.shelf.id,)
    rows = "\n      UNION ALL\n      ".join(f"({arm})" if segment.parts else arm for arm in arms)
    return (
        f"SELECT {_columns(segment, page)}\n"
        f"FROM ({rows}) AS page\n"
        f"ORDER BY {', '.join(f'{_of_page(column)}{segment.direction}' for column in columns)} LIMIT {size}"
    )


def _of_page(column: Column) -> str:
    """The column as it is stored: by its bare name ORDER BY would take the text that is made of it."""
    return replace(column, alias="page").sql


def _columns(segment: Segment, page: Page) -> str:
    return f"{_key(segment)}, {page.kept},\n{segment.shelf.columns(whole=page.whole, kept=page.kept)}"


def _key(segment: Segment) -> str:
    return f"{segment.key.sql}::text" if segment.key else "NULL::text"
