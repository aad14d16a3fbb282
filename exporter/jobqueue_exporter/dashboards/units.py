"""The units of Grafana that dashboards may use, by the ids that it has for them."""

from __future__ import annotations

UNITS = (
    "none",
    "short",
    "percent",
    "percentunit",
    "s",
    "ms",
    "m",
    "h",
    "d",
    "dtdurations",
    "dthms",
    "bytes",
    "decbytes",
    "ops",
    "reqps",
    "cps",
    "cpm",
    "hertz",
    "bool",
    "bool_yes_no",
    "bool_on_off",
    "dateTimeFromNow",
    "dateTimeAsIso",
    "string",
)
