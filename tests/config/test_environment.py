from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jobqueue_exporter
from jobqueue_exporter.config import environment
from jobqueue_exporter.config.load import ADDRESSES

PACKAGE = Path(jobqueue_exporter.__file__).parent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b\n", {"A": "b"}),
        ("export A = b", {"A": "b"}),
        ("\n# comment\n  \nA=b # comment\n", {"A": "b"}),
        ("A=postgres://u:p#w?d@h/d\n", {"A": "postgres://u:p#w?d@h/d"}),
        ("A=it's\nB=$X ${Y}\n", {"A": "it's", "B": "$X ${Y}"}),
        ("A=\nB= # comment\nC=''\n", {"A": "", "B": "", "C": ""}),
        ("A='b # \\n \"c\"' # comment\n", {"A": 'b # \\n "c"'}),
        ('A="b # \\n \\"c\\" \\\\ \\$D \\d"\n', {"A": 'b # \n "c" \\ $D \\d'}),
        ("A='one\ntwo'\nB=\"three\nfour\"\n", {"A": "one\ntwo", "B": "three\nfour"}),
        ("A=a b  c\n", {"A": "a b  c"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("A=ä€\n", {"A": "ä€"}),
        ("", {}),
    ],
)
def test_each_form_of_assignment_is_read(text: str, expected: dict[str, str]) -> None:
    assert environment.parse(text) == (expected, ())


def test_lines_that_assign_nothing_are_told_by_number() -> None:
    assert environment.parse("A=b\nnonsense\n\n1A=b\nB='open\nC=d\n") == ({"A": "b", "C": "d"}, (2, 4, 5))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert environment.variables(tmp_path, {"A": "real"}) == ({"A": "real", "B": "file"}, ())


def test_a_file_from_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfA=b\r\nC='d'\r\n")
    assert environment.variables(tmp_path, {}) == ({"A": "b", "C": "d"}, ())


def test_there_need_be_no_file(tmp_path: Path) -> None:
    assert environment.variables(tmp_path, {"A": "real"}) == ({"A": "real"}, ())


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.mkdir()
    assert environment.variables(tmp_path, {}) == ({}, (f"{file}: cannot be read: Is a directory",))


def test_a_file_that_is_not_utf_8_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A=\xff\n")
    assert environment.variables(tmp_path, {}) == ({}, (f"{file}: not UTF-8; save the file in that encoding",))


def test_the_example_is_a_file_that_can_be_read_and_names_every_variable() -> None:
    text = environment.example()
    values, bad_lines = environment.parse(text)
    assert values == {each.name: each.example for each in environment.VARIABLES if each.in_file}
    assert bad_lines == ()
    assert all(f"{each.name}={each.example}\n" in text for each in environment.VARIABLES)


def test_every_variable_that_the_code_reads_by_name_is_listed() -> None:
    known = {each.name for each in environment.VARIABLES}
    read = {name for file in PACKAGE.rglob("*.py") for name in read_by_name(ast.parse(file.read_text()))}
    assert read - {"PATH"} | set(ADDRESSES) == known


def read_by_name(tree: ast.AST) -> set[str]:
    """Names in `environ["X"]`, `environ.get("X")`, `getenv("X")`, `variables.get("X")`, `envvar="X"`."""
    nodes: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and of_environment(node.value):
            nodes.append(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr == "getenv" or (node.func.attr in ("get", "pop") and of_environment(node.func.value)):
                nodes.append(node.args[0])
        elif isinstance(node, ast.keyword) and node.arg == "envvar":
            nodes.append(node.value)
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def of_environment(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in ("environ", "variables")
