"""`jobqueue dlq abandon`."""

from __future__ import annotations

from tests.cli.backroom import Backroom


def test_a_dead_job_is_given_up_and_kept(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "abandon", job, "--yes", "--reason", "the customer has left")
    assert found.exit_code == 0
    assert room.state(job) not in ("dead_letter", "queued", "gone")
    assert room.run("dlq", "requeue-all", "--all", "--yes").stderr == "source shop has no such dead job\n"


def test_what_is_not_dead_is_left_alone_and_what_fits_it_is_said(room: Backroom) -> None:
    (waits,), (runs,) = room.add("queued"), room.add("running")
    found = room.run("dlq", "abandon", waits, runs, "--yes")
    hints = [line.rpartition("; try: ")[2] for line in found.stdout.splitlines()[:2]]
    assert (found.exit_code, room.states()) == (1, {"queued": 1, "running": 1})
    assert hints == [
        f"jobqueue jobs cancel --config {room.config} {waits}",
        f"jobqueue jobs status --config {room.config} {runs}",
    ]


def test_a_dry_run_changes_nothing(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "abandon", job, "--dry-run")
    assert (found.exit_code, room.state(job)) == (0, "dead_letter")
    assert found.stdout.splitlines()[0].startswith(f"would    {job}  ")
