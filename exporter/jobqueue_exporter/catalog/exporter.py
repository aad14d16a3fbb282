"""Metrics of the exporter as a process."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter.catalog.metric import Metric, Type


@dataclass(frozen=True, slots=True)
class ExporterFacts:
    """What the exporter knows of itself."""

    version: str
    config_reload_ok: bool


METRICS: tuple[Metric[ExporterFacts], ...] = (
    Metric(
        "jobqueue_config_last_reload_success",
        Type.GAUGE,
        (),
        "1 if the configuration in use is the one that was last asked for.",
        lambda exporter: [((), exporter.config_reload_ok)],
    ),
    Metric(
        "jobqueue_exporter_build_info",
        Type.INFO,
        ("version",),
        "The version of this exporter.",
        lambda exporter: [((exporter.version,), 1)],
    ),
)
