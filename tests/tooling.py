"""Where a test finds promtool, Prometheus and the other programs of .tools."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal

import pytest

Name = Literal[
    "alertmanager",
    "amtool",
    "chromium",
    "prometheus",
    "promtool",
    "prometheus-postgres-exporter",
    "prometheus-sql-exporter",
    "redis-cli",
    "redis-server",
]
TOOLS = Path(__file__).resolve().parents[1] / ".tools"


def tool(name: Name) -> Path:
    """The program of that name, from .tools or else from $PATH.

    Where there is none the test is skipped, or fails when JOBQUEUE_REQUIRE_TOOLS is set.
    """
    for place in (TOOLS / "bin", TOOLS / name / "bin", os.environ.get("PATH")):
        if found := shutil.which(name, path=place):
            return Path(found)
    reason = f"needs {name}: {_why(name)}"
    if os.environ.get("JOBQUEUE_REQUIRE_TOOLS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _why(name: Name) -> str:
    for missing in (TOOLS / name / "missing", TOOLS / "missing"):
        if missing.exists():
            return missing.read_text().strip()
    return "run `make tools`"
