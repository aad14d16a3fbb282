"""What a line of shell would start."""

from __future__ import annotations

import pytest

from jobqueue_exporter.cli.shell_line import programs


@pytest.mark.parametrize(
    ("line", "started"),
    [
        ("jobqueue dlq list", [["jobqueue", "dlq", "list"]]),
        ("A=1 B='x y' jobqueue once", [["jobqueue", "once"]]),
        ("jobqueue once | grep 'a | b' && echo done", [["jobqueue", "once"], ["grep", "a | b"], ["echo", "done"]]),
        ("jobqueue dlq export > dead.csv", [["jobqueue", "dlq", "export"]]),
        ("jobqueue dlq list --match a=b  # why", [["jobqueue", "dlq", "list", "--match", "a=b"]]),
        ("", []),
    ],
)
def test_each_program_is_told_with_its_words(line: str, started: list[list[str]]) -> None:
    assert [*programs(line)] == started


def test_a_quote_that_is_left_open_is_an_error() -> None:
    with pytest.raises(ValueError, match="quot"):
        [*programs("jobqueue dlq list --match 'abc")]
