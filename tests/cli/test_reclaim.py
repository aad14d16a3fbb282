"""`jobqueue jobs reclaim`."""

from __future__ import annotations

from tests.cli.backroom import Backroom
from tests.cli.terminal import terminal

LONG = 3_600.0


def test_all_stuck_jobs_wait_again_and_those_whose_worker_lives_go_on(room: Backroom) -> None:
    stuck, _ = room.add("running", 3, silent=LONG), room.add("running", 2)
    found = room.run("jobs", "reclaim", "--yes", "--reason", "worker-1 was evicted")
    assert (found.exit_code, room.states()) == (0, {"queued": 3, "running": 2})
    assert all(room.state(job) == "queued" for job in stuck)
    assert found.stderr.splitlines()[0] == "3 stuck jobs of source shop"


def test_a_stuck_job_without_attempts_left_is_dead(room: Backroom) -> None:
    room.add("dead_letter")
    (job,) = room.add("running", silent=LONG)
    room.database.connection.execute("UPDATE jobs SET attempts = max_attempts")
    found = room.run("jobs", "reclaim", "--yes")
    assert (found.exit_code, room.state(job)) == (0, "dead_letter")


def test_they_can_be_narrowed_down(room: Backroom) -> None:
    room.add("running", 2, kind="MAIL", silent=LONG)
    room.add("running", 2, kind="VIDEO", silent=LONG)
    assert room.run("jobs", "reclaim", "--kind", "MAIL", "--limit", "1", "--yes").exit_code == 0
    assert room.states() == {"queued": 1, "running": 3}


def test_by_id_a_job_whose_worker_lives_is_left_alone(room: Backroom) -> None:
    (stuck,), (lives,) = room.add("running", silent=LONG), room.add("running")
    found = room.run("jobs", "reclaim", stuck, lives, "--yes")
    assert (found.exit_code, room.state(stuck), room.state(lives)) == (1, "queued", "running")
    assert found.stdout.splitlines()[-1].startswith("reclaim: 1 done, 1 left alone, 0 unknown, 0 untouched.")


def test_ids_and_filters_together_are_wrong_usage(room: Backroom) -> None:
    found = room.run("jobs", "reclaim", "7", "--kind", "MAIL", "--yes")
    assert (found.exit_code, found.stdout) == (2, "")


def test_none_is_stuck_is_no_failure(room: Backroom) -> None:
    room.add("running")
    found = room.run("jobs", "reclaim")
    assert (found.exit_code, found.stderr) == (0, "source shop has no such stuck job\n")


def test_a_person_is_shown_them_and_asked(room: Backroom) -> None:
    (job,) = room.add("running", silent=LONG)
    with terminal(*room.command("jobs", "reclaim"), room.folder) as screen:
        screen.shows("Reclaim 1 job of source shop? [y/N]")
        assert job in screen.text
        screen.type("n\n")
        assert screen.ended() == 1
    assert room.state(job) == "running"
