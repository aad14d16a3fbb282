from __future__ import annotations

import pytest

from tests.cli.backroom import Backroom


@pytest.mark.parametrize(
    "arguments",
    [
        ("dlq", "list", "--older-than", "5"),
        ("jobs", "list", "--older-than", " 5 "),
        ("jobs", "watch", "--count", "1", "--interval", "5"),
        ("dlq", "requeue-all", "--all", "--dry-run", "--older-than", "5"),
        ("dlq", "requeue-all", "--all", "--dry-run", "--pause", "5"),
        ("dlq", "requeue-all", "--all", "--dry-run", "--canary-timeout", "5"),
    ],
)
def test_a_span_without_a_unit_is_refused(room: Backroom, arguments: tuple[str, ...]) -> None:
    done = room.run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "5 has no unit; write 5s, 5m, 5h or 5d" in done.stderr


@pytest.mark.parametrize("pause", ["0", "0s", "0.5s"])
def test_no_pause_needs_no_unit(room: Backroom, pause: str) -> None:
    room.add("dead_letter")
    assert room.run("dlq", "requeue-all", "--all", "--dry-run", "--pause", pause).exit_code == 0


@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        ("--source", ("dlq", "requeue-all", "--all", "--dry-run")),
        ("--source", ("jobs", "cancel", "1", "--dry-run")),
        ("--queue", ("dlq", "requeue-all", "--all", "--dry-run")),
        ("--kind", ("dlq", "list")),
    ],
)
def test_an_option_that_counts_once_is_refused_when_it_is_given_twice(
    room: Backroom, option: str, arguments: tuple[str, ...]
) -> None:
    done = room.run(*arguments, option, "gone", option, "shop")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"'{option}': may be given once here, not 2 times" in done.stderr


def test_given_once_it_is_what_was_given(room: Backroom) -> None:
    room.add("dead_letter", kind="A")
    room.add("dead_letter", kind="B")
    done = room.run("dlq", "requeue-all", "--all", "--yes", "--kind", "B", "--source", "shop")
    assert (done.exit_code, room.states()) == (0, {"dead_letter": 1, "queued": 1})
