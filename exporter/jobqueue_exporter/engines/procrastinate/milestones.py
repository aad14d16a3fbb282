"""What each release of procrastinate brought to its schema; it keeps no version number there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OLDEST = "before 2.0"


@dataclass(frozen=True, slots=True)
class Marks:
    """What a schema has: columns of the jobs table, words of its status and of the events, functions with
    their bodies, and whether there is a table of workers."""

    columns: frozenset[str]
    statuses: frozenset[str]
    events: frozenset[str]
    functions: Mapping[str, str]
    workers: bool

    @property
    def by_priority(self) -> bool:
        """Whether a job waits for those of its lock that are of higher priority, not only for older ones."""
        return "other_jobs.priority > jobs.priority" in self.fetch

    @property
    def by_age(self) -> bool:
        """Whether a job waits for all older ones of its lock."""
        return "earlier_jobs.id < jobs.id" in self.fetch

    @property
    def fetch(self) -> str:
        """The body of the function by which workers take jobs, the newest of them."""
        names = [name for name in self.functions if name.startswith("procrastinate_fetch_job")]
        return self.functions[max(names)] if names else ""


def version(marks: Marks) -> str:
    """The release whose schema this is, as far as it shows: later ones may not have changed it."""
    reached = [release for release, _, there in _milestones(marks) if there]
    return f"schema {reached[-1]}" if reached else f"schema {OLDEST}"


def missing(marks: Marks) -> tuple[str, ...]:
    """What is not there although a later release was applied, each with the release that brought it."""
    found = _milestones(marks)
    newest = max((at for at, (_, _, there) in enumerate(found) if there), default=0)
    return tuple(f"{what} of {release}" for release, what, there in found[:newest] if not there) + _newest(
        found, newest
    )


def _newest(found: tuple[tuple[str, str, bool], ...], newest: int) -> tuple[str, ...]:
    """What the newest release that was applied should have brought too."""
    release = found[newest][0]
    late = found[newest + 1 :]
    return tuple(f"{what} of {other}" for other, what, there in late if other == release and not there)


def _milestones(marks: Marks) -> tuple[tuple[str, str, bool], ...]:
    """(release, what it brought, whether that is there), oldest first."""
    return (
        ("2.0", "column priority", "priority" in marks.columns),
        ("2.6", "status cancelled", "cancelled" in marks.statuses),
        ("3.0", "column abort_requested", "abort_requested" in marks.columns),
        ("3.1", "column worker_id", "worker_id" in marks.columns),
        ("3.1", "table procrastinate_workers", marks.workers),
        ("3.2", "function procrastinate_defer_jobs_v1", "procrastinate_defer_jobs_v1" in marks.functions),
        ("3.3", "function procrastinate_fetch_job_v2 that heeds priorities", marks.by_priority),
        ("3.4", "event retried", "retried" in marks.events),
        ("3.4", "function procrastinate_retry_job_v2", "procrastinate_retry_job_v2" in marks.functions),
    )
