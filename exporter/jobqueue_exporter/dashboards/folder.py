"""A folder with rendered dashboards in it: what would change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from jobqueue_exporter.bundle import folder as rendered
from jobqueue_exporter.bundle.boards import UID
from jobqueue_exporter.bundle.folder import Changes


def changes(folder: Path, files: Mapping[str, str]) -> Changes:
    """How the folder differs from these files, by their paths in it; left over are dashboards of ours that there is
    no source of any more."""
    found = rendered.changes(folder, files)
    wanted = {folder / name for name in files}
    there = sorted((folder / "dashboards").glob("*.json"))
    return Changes(found.stale, tuple(file for file in there if file not in wanted and _ours(file)))


def _ours(file: Path) -> bool:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("uid") == f"{UID}{file.stem}"
