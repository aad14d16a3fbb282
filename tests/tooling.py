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
    for place in (str(TOOLS / "bin"), os.environ.get("PATH")):
        if found := shutil.which(name, path=place):
            return Path(found)
    reason = f"needs {name}: {_why()}"
    if os.environ.get("JOBQUEUE_REQUIRE_TOOLS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _why() -> str:
    missing = TOOLS / "missing"
    return missing.read_text().strip() if missing.exists() else "run `make tools`"
