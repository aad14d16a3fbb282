"""`jobqueue jobs cancel`."""

from __future__ import annotations

from tests.cli.backroom import Backroom


def test_a_job_that_waits_is_called_off(room: Backroom) -> None:
    first, second = room.add("queued", 2)
    found = room.run("jobs", "cancel", first, "--yes", "--reason", "sent twice")
    assert (found.exit_code, room.state(second)) == (0, "queued")
    assert room.state(first) not in ("queued", "running")


def test_what_does_not_wait_is_left_alone_and_what_fits_it_is_said(room: Backroom) -> None:
    (runs,), (dead,), (done,) = room.add("running"), room.add("dead_letter"), room.add("completed")
    found = room.run("jobs", "cancel", runs, dead, done, "nonsense", "--yes")
    hints = [line.rpartition("; try: ")[2] for line in found.stdout.splitlines()[:3]]
    assert (found.exit_code, room.states()) == (1, {"running": 1, "dead_letter": 1, "completed": 1})
    assert hints == [
        f"jobqueue jobs status --config {room.config} {runs}",
        f"jobqueue dlq abandon --config {room.config} {dead}",
        f"jobqueue jobs status --config {room.config} {done}",
    ]
    assert found.stdout.splitlines()[-1].startswith("cancel: 0 done, 4 left alone, 0 unknown, 0 untouched.")


def test_a_dry_run_changes_nothing(room: Backroom) -> None:
    (job,) = room.add("queued")
    found = room.run("jobs", "cancel", job, "--dry-run")
    assert (found.exit_code, room.state(job)) == (0, "queued")
