"""Prints the table of metrics that stands in METRICS.md."""

from __future__ import annotations

import sys

from jobqueue_exporter.catalog import METRICS
from jobqueue_exporter.model import BUCKETS

_HEAD = f"""\
# Metrics

Made by `python -m jobqueue_exporter.catalog`; a test fails when it is stale.

Names and labels are API. What cannot be told has no series, and 0 means zero.
A source that cannot be read has `jobqueue_source_up` 0 and no number of its jobs.
Histograms have the buckets {", ".join(f"{bound:g}" for bound in BUCKETS)} seconds.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
"""


def table() -> str:
    """The whole of METRICS.md."""
    return _HEAD + "".join(
        f"| `{metric.name}` | {metric.type} | {_code(metric.labels)} | {metric.help} |\n" for metric in METRICS
    )


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(table())
