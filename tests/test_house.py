"""The rules of the house that no other tool holds."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sorted([*ROOT.glob("exporter/**/*.py"), *ROOT.glob("tests/**/*.py")])
FILE_LINES = 300
FUNCTION_LINES = 40
NAMES_THAT_SAY_NOTHING = {"common", "helper", "helpers", "misc", "util", "utils"}
LOCK_FILES = {"Pipfile.lock", "package-lock.json", "pdm.lock", "poetry.lock", "uv.lock", "yarn.lock"}
HOME_OF_SOMEBODY = r"(?<!\w)/(?:home|Users)/[a-z]\w*/"


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_there_is_something_to_hold_rules_over() -> None:
    assert Path(__file__) in PYTHON
    assert ROOT / "exporter/jobqueue_exporter/__init__.py" in PYTHON


def test_no_file_is_long() -> None:
    lengths = {place(path, 1): len(path.read_text().splitlines()) for path in PYTHON}
    assert {file: lines for file, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_long() -> None:
    lengths = {
        f"{place(path, node.lineno)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in PYTHON
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {function: lines for function, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_every_file_is_named_for_what_it_holds() -> None:
    assert [place(path, 1) for path in PYTHON if path.stem in NAMES_THAT_SAY_NOTHING] == []


def test_the_source_root_is_not_a_package() -> None:
    assert not (ROOT / "exporter/__init__.py").exists()


def test_no_test_sleeps_but_between_looks_that_a_deadline_ends() -> None:
    naps = [
        place(path, line)
        for path in ROOT.glob("tests/**/*.py")
        for line in _lines_of_sleep(ast.parse(path.read_text())) - _lines_of_polling(nodes(path))
    ]
    assert naps == []


def _lines_of_sleep(tree: ast.AST) -> set[int]:
    """Where `time.sleep` is called, or `sleep` imported from `time`, which would hide its calls."""
    called = {each.lineno for each in ast.walk(tree) if _is_of_time(each, "sleep")}
    imports = [each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom) and each.module == "time"]
    return called | {each.lineno for each in imports if "sleep" in {alias.name for alias in each.names}}


def _lines_of_polling(every: list[ast.AST]) -> set[int]:
    loops = [node for node in every if isinstance(node, ast.While)]
    polls = [loop for loop in loops if any(_is_of_time(each, "monotonic") for each in ast.walk(loop))]
    return {line for loop in polls for line in _lines_of_sleep(loop)}


def _is_of_time(node: ast.AST, name: str) -> TypeGuard[ast.Attribute]:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id == "time"
    )


def test_no_tracked_file_names_a_place_on_somebodys_machine() -> None:
    own = {ROOT, Path.home()} - {Path("/"), Path("/tmp")}
    places = re.compile("|".join([HOME_OF_SOMEBODY, *(rf"(?<!\w){re.escape(str(path))}/" for path in own)]))
    found = [
        place(path, number)
        for path in tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if places.search(line)
    ]
    assert found == []


def test_no_lock_file_is_tracked() -> None:
    assert [place(path, 1) for path in tracked() if path.name in LOCK_FILES] == []
