from __future__ import annotations

import io
import sys
import tracemalloc

import click
import pytest

from jobqueue_exporter.cli import ids


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """What is piped in."""
    piped = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(piped))
    return piped


def piped(stdin: io.BytesIO, text: bytes) -> tuple[str, ...]:
    stdin.write(text)
    stdin.seek(0)
    return ids.given(["-"])


def test_each_id_counts_once_in_the_order_given() -> None:
    assert ids.given(["b", "a", "b", " a "]) == ("b", "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"7\n8\r\n9", ("7", "8", "9")),
        (b"\n  \n# 6\n7 MAIL 2h ago\n\t8\tx\n", ("7", "8")),
        (b'\xef\xbb\xbf{"id": "a b", "kind": "{"}\n{"id": 7}\n', ("a b", "7")),
        (b'{"id": null}\n{"kind": "x"}\n{oops\n[1]\n', ('{"id":', '{"kind":', "{oops", "[1]")),
        (b"{" * 100_000 + b"\n", ("{" * 1_000 + "…",)),
        (b"a\0b\xff\n", ("a�b�",)),
    ],
)
def test_lines_of_stdin_are_read(stdin: io.BytesIO, text: bytes, expected: tuple[str, ...]) -> None:
    assert piped(stdin, text) == expected


def test_what_a_shell_could_not_decode_can_be_asked_for() -> None:
    assert ids.given(["a\udcff"]) == ("a?",)


def test_arguments_and_stdin_go_together(stdin: io.BytesIO) -> None:
    stdin.write(b"2\n1\n")
    stdin.seek(0)
    assert ids.given(["1", "-", "3"]) == ("1", "2", "3")


def test_an_endless_line_takes_no_endless_memory(stdin: io.BytesIO) -> None:
    stdin.write(b"x" * 100_000_000)
    stdin.seek(0)
    tracemalloc.start()
    found = ids.given(["-"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ([len(each) for each in found], peak < 90_000_000) == ([1_001], True)


@pytest.mark.parametrize("words", [[], [""], ["  "]])
def test_none_at_all_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        ids.given(words)
