"""Tables that look as if they went with a jobs table and are not read: what a person should know of them."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.table import detect
from jobqueue_exporter.engines.table.detect import COMPANIONS, Candidate, Found
from jobqueue_exporter.engines.table.layout import Layout


def of_another(usual: Found, source: Source, jobs: Layout, whose: str) -> Iterator[str]:
    """A notice for each table in the schema of the jobs table that seems to be of the table `whose`."""
    for key in COMPANIONS:
        if getattr(source, key) is None and (name := getattr(usual, key)):
            yield (
                f"{name} is left out: it seems to be of {whose or 'another table'}, not of {jobs.relation.label}; "
                f"if it is, name it under {key}"
            )


def elsewhere(usual: Found, source: Source, jobs: Layout, tables: list[Candidate]) -> Iterator[str]:
    """A notice for each table that is not beside the jobs table, but in another schema that has no jobs itself."""
    apart = [
        detect.companions(there, schema, "")
        for schema, there in _by_schema(tables).items()
        if schema != jobs.relation.schema and not detect.has_jobs(there)
    ]
    for key in COMPANIONS:
        found = [name for there in apart if (name := getattr(there, key))]
        if getattr(source, key) is None and not getattr(usual, key) and len(found) == 1:
            yield (
                f"{found[0]} is left out: it is in another schema than {jobs.relation.label}; if it belongs to it, "
                f"name it under {key}"
            )


def _by_schema(tables: list[Candidate]) -> dict[str, list[Candidate]]:
    """Grouped once, since there may be thousands of schemas."""
    found: dict[str, list[Candidate]] = {}
    for table in tables:
        found.setdefault(table.schema, []).append(table)
    return found
