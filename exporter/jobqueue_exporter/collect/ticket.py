"""What one who asked for a reading holds in hand."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from jobqueue_exporter.model import Snapshot


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claim on one reading of one source, which others may share.

    The future always ends with a Snapshot, in time, and never with an error. It cannot be cancelled.
    """

    source: str
    future: Future[Snapshot]
    _known: Callable[[], Snapshot] = field(repr=False, compare=False)

    def known(self) -> Snapshot:
        """What can be said now, for one who gives up waiting; the reading goes on."""
        return self.future.result() if self.future.done() else self._known()
