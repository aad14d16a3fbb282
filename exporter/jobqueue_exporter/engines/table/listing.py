"""Jobs of one state, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.engines.table import filters, ids, segments
from jobqueue_exporter.engines.table.catalogue import Catalogue
from jobqueue_exporter.engines.table.segments import ID, KEPT, KEY, Page, Segment, Spot
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Row, Session

PAGE = 500
# Rows with all that they carry may be large.
_WHOLE_PAGE = 100
# Of those that are not wanted little is sent.
_GROWTH = 4
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job was when it was listed: after it the list goes on, wherever it is by now."""

    id: str
    where: str
    spot: Spot


@dataclass(slots=True)
class Listing:
    """A way through all jobs that are wanted. It goes on from `number`, a segment, and `spot`, a place in it."""

    catalogue: Catalogue
    wanted: Wanted
    segments: list[Segment] = field(default_factory=list)
    number: int = 0
    pages: int = 0
    spot: Spot = field(default_factory=Spot)

    @property
    def ended(self) -> bool:
        """Whether there are no more."""
        return self.number >= len(self.segments)

    def begin(self, session: Session, last: Place | None) -> None:
        """Goes to the start, or behind the job after which to go on, which may be the `last` that was listed before.

        Raises Refused when that one is not where it could be gone on from, psycopg.Error and TimedOut.
        """
        self.segments = self.catalogue.segments(session, self.wanted)
        if self.wanted.after is None:
            self._enter(0)
        else:
            self.number, self.spot = self._behind(session, self.wanted.after, last)

    def page(self, session: Session, most: int | None) -> list[tuple[Job, Place]]:
        """The next jobs, those of a page; none when so many were looked at in vain. `most` are wanted yet.

        Raises psycopg.Error and TimedOut.
        """
        size, looked = self._size(most), 0
        found: list[tuple[Job, Place]] = []
        while not self.ended and looked < size:
            segment = self.segments[self.number]
            rows, spot = segments.read(session, segment, self.spot, size - looked, self._page(segment))
            if spot is None:
                self._enter(self.number + 1)
            else:
                self.spot = spot
            looked += len(rows)
            found += self._wanted(segment, rows)
        return found

    def _wanted(self, segment: Segment, rows: list[Row]) -> Iterator[tuple[Job, Place]]:
        for row in rows:
            if not row[KEPT]:
                continue
            job = self.catalogue.job(row[ID:])
            if self.wanted.cause in (None, job.cause):
                yield job, Place(job.id, segment.where, Spot(row[KEY], job.id, inside=True))

    def _page(self, segment: Segment) -> Page:
        return Page(filters.kept(segment.shelf, self.wanted, self.catalogue.queue), self.wanted.whole)

    def _size(self, most: int | None) -> int:
        """How many rows to look at: where few are wanted, more with each page."""
        largest = _WHOLE_PAGE if self.wanted.whole else PAGE
        size = largest if most is None else min(largest, most)
        if filters.narrow(self.wanted):
            size = min(size * _GROWTH**self.pages, largest * _GROWTH)
            self.pages += 1
        return size

    def _enter(self, number: int) -> None:
        self.number = number
        if not self.ended:
            self.spot = segments.start(self.segments[number])

    def _behind(self, session: Session, after: str, last: Place | None) -> tuple[int, Spot]:
        """Behind a job where it is now, else where it was when it was listed."""
        for _, group in groupby(enumerate(self.segments), key=lambda one: one[1].shelf.relation.sql):
            numbered = list(group)
            shelf = numbered[0][1].shelf
            identity = ids.written(session, shelf.id, [after]).get(after)
            if identity is None:
                continue
            if found := segments.located(session, numbered, identity):
                return found
            if len(self.segments) == 1 and self.segments[0].key is None:
                return 0, Spot(id=identity, inside=True)
        if last is not None and last.id == after:
            for number, segment in enumerate(self.segments):
                if segment.where == last.where:
                    return number, last.spot
        raise Refused(
            f"the list cannot go on after job {after[:_SHOWN]!r}, which is not {self._of} any more: list them from the "
            "start"
        )

    @property
    def _of(self) -> str:
        return str(self.wanted.recovery or self.wanted.state)
