"""A small dashboard that is all right, and one with a part of it changed."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from jobqueue_exporter.bundle import configured
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.dashboards import sources
from jobqueue_exporter.dashboards.source import Source

SMALL = """\
title: Small
question: Is it well?
variables: [source, queue, kind]
rows:
  - title: Waiting
    topic: backlog
    panels:
      - title: Waits
        question: Does a job wait too long?
        kind: timeseries
        unit: s
        queries:
          - expr: '[= gauge("jobqueue_oldest_pending_age_seconds") =]'
            legend: "{{queue}} {{kind}}"
          - expr: '[= gauge("jobqueue_wait_objective_seconds") =]'
            legend: "{{queue}} {{kind}} may wait"
            as: threshold
        runbook: JobQueueWaitTooLong
      - title: Lanes
        question: Which is worst?
        kind: table
        by: [source, queue, kind]
        sort: -Oldest
        queries:
          - expr: '[= gauge("jobqueue_oldest_pending_age_seconds") =]'
            column: Oldest
            unit: s
            thresholds: {warning: JobQueueBacklogHigh.threshold, critical: 600}
          - expr: '[= gauge("jobqueue_queue_info") =]'
            with: [owner]
"""


@cache
def bundle() -> Bundle:
    """Our alerts, as their specs have them."""
    return configured.bundle(Config(sources=()))


# Any: parts of a YAML file.
def data() -> Any:
    """The small dashboard, as data that may be changed."""
    return copy.deepcopy(yaml.safe_load(SMALL))


def source(folder: Path, raw: object = None, name: str = "small") -> Source:
    """What is read of a file with this data, or with the small dashboard."""
    file = folder / f"{name}.yaml"
    file.write_text(SMALL if raw is None else yaml.safe_dump(raw, sort_keys=False))
    return sources.read(file)


def panel(folder: Path, **changed: Any) -> Source:
    """The small dashboard with its first panel changed; None takes a key away."""
    raw = data()
    first = {**raw["rows"][0]["panels"][0], **{key.rstrip("_"): value for key, value in changed.items()}}
    raw["rows"][0]["panels"] = [{key: value for key, value in first.items() if value is not None}]
    return source(folder, raw)


def query(folder: Path, expr: str, legend: str = "x", **changed: Any) -> Source:
    """The small dashboard with one panel of one query."""
    return panel(folder, queries=[{"expr": expr, "legend": legend}], **changed)
