from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.config import document
from jobqueue_exporter.config.load import load
from jobqueue_exporter.errors import ConfigError
from tests.config.conftest import Problems, Write


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1,\nb: 2\n", "1: not YAML: a bracket that is never closed, or a comma that is missing"),
        ("a: 1\nb: 'x\n\n", "2: not YAML: a quote that is never closed"),
        ("a:\n\tb: 1\n", "2: not YAML: a tab; indent with spaces"),
        ("a: b: c\n", "1: not YAML: a `:` where none can stand; quote the value, or mend the indentation"),
        ("a: 1\n b: 2\n", "2: not YAML: a `:` where none can stand; quote the value, or mend the indentation"),
        ('a: "x" y\n', "1: not YAML: wrong indentation, or text after a closing quote"),
        ("a: *hunter22\n", "1: not YAML: a value starts with * and names no anchor; put it in quotes"),
        ("a: 1\n---\nb: 2\n", "2: not YAML: a second document (---); one file holds one"),
        ("a: @x\n", "1: not YAML: a value starts with a character that means something in YAML; put it in quotes"),
        ('a: "\\q"\n', "1: not YAML: an unknown escape in double quotes; use single quotes, or write \\ as \\\\"),
        ("a: 1\nb: \x07\n", "2: not YAML: a control character; leave it out"),
        ("%YAML 9.9\n", "1: not YAML: see this line"),
        ("- a\n", "1: expected lines of `key: value`, got a list"),
        ("\n\nnonsense\n", "3: expected lines of `key: value`, got a single value"),
        (b"a: 1\nb: \xff\n", "2: not UTF-8; save the file in that encoding"),
        (b"a: 1\n\xff\xfe", "2: not UTF-8; save the file in that encoding"),
    ],
)
def test_what_is_no_mapping_in_yaml_is_refused_by_line(problems: Problems, text: str | bytes, problem: str) -> None:
    assert problems(text) == [f"jobqueue.yml:{problem}"]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "null\n", "\ufeff"])
def test_an_empty_file_is_told_what_it_needs(problems: Problems, text: str) -> None:
    assert problems(text) == ["jobqueue.yml: the file is empty; `sources:` is the least it needs, see `jobqueue init`"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nope\.yml: there is no such file$"):
        load(tmp_path / "nope.yml", {})


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, {})


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000])
def test_a_file_that_is_nested_without_end_is_refused(problems: Problems, text: str) -> None:
    assert problems(text) == ["jobqueue.yml: nested too deeply"]


def test_aliases_that_multiply_are_refused(problems: Problems) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    text = "\n".join(["l0: &l0 [x]", *levels])
    assert problems(text) == ["more than 100000 values in the configuration, aliases counted"]


def test_plain_data_comes_out_with_the_line_of_each_part(write: Write) -> None:
    path = write(
        "text: a\nint: 5\nfloat: 2.5\nbool: true\nnull: ~\nyes: yes\ndate: 2026-01-01\n"
        'list:\n  - quoted: "5"\n  - 0x10\n'
    )
    read = document.read(path)
    assert read.data == {
        "text": "a",
        "int": 5,
        "float": 2.5,
        "bool": True,
        "null": None,
        "yes": "yes",
        "date": "2026-01-01",
        "list": [{"quoted": "5"}, 16],
    }
    assert read.lines[("list", 0, "quoted")] == 9
    assert read.lines[("list", 1)] == 10


def test_merges_bring_in_what_is_not_given(write: Write) -> None:
    path = write("base: &b {x: 1, y: 1}\nmore: &m {y: 2, z: 2}\nall:\n  <<: [*b, *m]\n  x: 3\n")
    assert document.read(path).data["all"] == {"x": 3, "y": 1, "z": 2}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("server: {listen: ':1'}\nserver: {}\n", "2: server: the key is there twice; first on line 1"),
        (
            "health:\n  backlog: 1\n  backlog: 2\n  'backlog': 3\n",
            "3: health.backlog: the key is there twice; first on line 2",
        ),
        ("health: {? [a] : b}\n", "1: health: a key must be a string"),
        ("health: {<<: 5}\n", "1: health: `<<` needs a mapping"),
        ("health: &h\n  <<: *h\n", "2: health: `<<` needs a mapping"),
        ("queues: &q [*q]\n", "1: queues[0]: an alias that refers to itself"),
        ("server: {listen: !ip ':1'}\n", "1: server.listen: the tag `!ip` is not understood here"),
        ("health: {backlog: !!int x}\n", "1: health.backlog: not of the type `!!int`"),
        (
            "queues: [{match: {}, success_objective: .nan}]\n",
            "1: queues[0].success_objective: expected a number, got .nan",
        ),
    ],
)
def test_what_yaml_allows_and_we_do_not_is_a_problem(problems: Problems, text: str, problem: str) -> None:
    assert f"jobqueue.yml:{problem}" in problems(text)


def test_an_anchor_may_be_used_again(write: Write) -> None:
    assert document.read(write("a: &x 1\nb: &x 2\nc: *x\n")).data == {"a": 1, "b": 2, "c": 2}
