"""A folder with rendered files in it: what would change, and the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobqueue_exporter.bundle import written

_MADE = ("prometheus/*.rules.yml", "alertmanager/*.yml", "kubernetes/*.yaml")


@dataclass(frozen=True, slots=True)
class Changes:
    """Files that are not there or say something else, and files that we made and that are needed no more."""

    stale: tuple[Path, ...]
    left_over: tuple[Path, ...]


def changes(folder: Path, files: Mapping[str, str]) -> Changes:
    """How the folder differs from these files, by their paths in it."""
    wanted = {folder / name: text for name, text in files.items()}
    return Changes(
        stale=tuple(file for file, text in wanted.items() if not file.is_file() or _text(file) != text),
        left_over=tuple(
            file
            for pattern in _MADE
            for file in sorted(folder.glob(pattern))
            if file not in wanted and _text(file).startswith(written.MADE)
        ),
    )


def write(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write them, each whole or not at all; returns what was removed as needed no more. Raises OSError."""
    found = changes(folder, files)
    for file in found.stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.new")
        new.write_text(files[file.relative_to(folder).as_posix()], encoding="utf-8")
        new.replace(file)
    for file in found.left_over:
        file.unlink()
    return found.left_over


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
