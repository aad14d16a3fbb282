"""`jobqueue dlq delete`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.backroom import Backroom
from tests.cli.terminal import terminal


def exports(room: Backroom) -> list[Path]:
    return sorted(room.folder.glob("jobqueue-deleted-*.jsonl"))


def test_a_dead_job_is_in_a_file_for_its_owner_alone_before_it_is_gone(room: Backroom) -> None:
    (job,) = room.add("dead_letter", kind="MAIL", error="line\nbreak")
    found = room.run("dlq", "delete", job, "--yes")
    (file,) = exports(room)
    assert (found.exit_code, room.state(job), file.stat().st_mode & 0o777) == (0, "gone", 0o600)
    assert found.stderr.splitlines()[0] == f"1 job written to {file.name}"
    (row,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (row["id"], row["kind"], row["last_error"], row["attempts"]) == (job, "MAIL", "line\nbreak", 5)


def test_no_file_is_ever_written_over(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    mine = room.folder / "mine.jsonl"
    mine.write_text("mine")
    found = room.run("dlq", "delete", job, "--yes", "--export", str(mine))
    assert (found.exit_code, mine.read_text(), room.state(job)) == (2, "mine", "dead_letter")
    assert found.stderr == f"{mine}: is there already; name another file with --export\n"


def test_a_file_that_cannot_be_written_keeps_the_job(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "delete", job, "--yes", "--export", str(room.folder / "none" / "file"))
    assert (found.exit_code, room.state(job)) == (1, "dead_letter")
    assert found.stderr == f"{room.folder}/none/file: cannot be written: No such file or directory\n"


def test_what_is_not_dead_is_neither_exported_nor_removed(room: Backroom) -> None:
    (dead,), (waits,) = room.add("dead_letter"), room.add("queued")
    found = room.run("dlq", "delete", waits, dead, "nonsense", "--yes")
    (file,) = exports(room)
    assert (found.exit_code, room.states(), len(file.read_text().splitlines())) == (1, {"queued": 1}, 1)
    lines = found.stdout.splitlines()
    assert lines[0].endswith(f"left alone; try: jobqueue jobs cancel --config {room.config} {waits}")
    assert lines[1] == "left     nonsense  there is no such job"
    assert lines[-1].startswith("delete: 1 done, 2 left alone, 0 unknown, 0 untouched.")


def test_a_dry_run_neither_writes_nor_removes(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "delete", job, "--dry-run")
    assert (found.exit_code, room.state(job), exports(room)) == (0, "dead_letter", [])


def test_where_nobody_can_be_asked_nothing_is_written_or_removed(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "delete", job)
    assert (found.exit_code, room.state(job), exports(room)) == (2, "dead_letter", [])


@pytest.mark.parametrize(("count", "right"), [(1, True), (1, False), (3, True), (3, False)])
def test_a_person_types_the_id_or_how_many_they_are(room: Backroom, count: int, right: bool) -> None:
    jobs = room.add("dead_letter", count)
    expected = jobs[0] if count == 1 else str(count)
    with terminal(*room.command("dlq", "delete", *jobs), room.folder) as screen:
        screen.shows("from source shop for good:")
        assert expected in screen.text
        screen.type(f"{expected if right else 'yes'}\n")
        assert screen.ended() == (0 if right else 1)
        assert ("was removed again" in screen.text) is not right
    assert (room.states(), len(exports(room))) == (({}, 1) if right else ({"dead_letter": count}, 0))
