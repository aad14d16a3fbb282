"""Where the folders of alerts, dashboards and runbooks are, installed or in a checkout."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal


def data(name: Literal["alerts", "grafana", "runbooks"]) -> Traversable:
    """The folder of that name: the copy in the installed package, else the one beside `exporter/`."""
    packaged = resources.files("jobqueue_exporter") / "_data" / name
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[2] / name
