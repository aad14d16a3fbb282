"""What `jobqueue dlq requeue-all` refuses, and what it says at its end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from jobqueue_exporter.cli.reference import commands
from jobqueue_exporter.demo.database import fresh_database
from tests.cli.backroom import Backroom
from tests.cli.terminal import terminal

# Whoever is given back dies of it at once.
DEADLY = """
CREATE FUNCTION deadly() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.state := 'dead_letter'; RETURN NEW; END $$;
CREATE TRIGGER deadly BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION deadly();
"""
AS_IT_WAS = """
INSERT INTO jobs (id, workspace_id, kind, state, attempts, last_error)
VALUES (%s, gen_random_uuid(), 'A', 'dead_letter', 5, 'connection reset')
"""
NO_EVENTS = "DROP TABLE job_events"


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("option", ["--match", "--kind", "--queue"])
def test_an_empty_filter_is_no_filter(room: Backroom, option: str, blank: str) -> None:
    room.add("dead_letter", 2)
    found = room.run("dlq", "requeue-all", option, blank, "--yes")
    assert (found.exit_code, found.stdout, room.states()) == (2, "", {"dead_letter": 2})
    assert f"{option}" in found.stderr
    assert "empty" in found.stderr


@pytest.mark.parametrize("command", ["list", "export"])
def test_nor_does_an_empty_match_list_everything(room: Backroom, command: str) -> None:
    room.add("dead_letter")
    found = room.run("dlq", command, "--match", "")
    assert (found.exit_code, found.stdout) == (2, "")


def test_jobs_without_a_kind_can_be_meant(room: Backroom) -> None:
    (job,) = room.add("dead_letter", kind="")
    room.add("dead_letter", kind="MAIL")
    assert room.run("dlq", "requeue-all", "--kind", "", "--all", "--yes").exit_code == 0
    assert room.given_back() == [job]


def test_those_that_are_dead_again_at_the_end_are_told_and_no_success(room: Backroom) -> None:
    jobs = room.add("dead_letter", 5)
    room.database.connection.execute(DEADLY)
    found = room.run("dlq", "requeue-all", "--all", "--yes", "--output", "json")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["done"], told["looked_at"], told["dead_again"]) == (1, 5, 5, 5)
    text = room.run("dlq", "requeue-all", "--all", "--yes")
    assert (text.exit_code, len(jobs)) == (1, 5)
    assert "of the jobs given back, 5 of 5 looked at are dead again" in text.stdout.splitlines()


def test_that_jobs_may_die_later_is_said_with_what_looks(room: Backroom) -> None:
    room.add("dead_letter", 5)
    found = room.run("dlq", "requeue-all", "--all", "--yes")
    assert found.exit_code == 0
    assert found.stderr.splitlines()[-1] == (
        "note: jobs given back may still die later; --canary waits for the outcome of a few before the rest; "
        f"to look: jobqueue dlq stats --config {room.config}"
    )


def test_a_dry_run_names_three_of_those_it_has_shown(room: Backroom) -> None:
    room.add("dead_letter", 12)
    told = room.run("dlq", "requeue-all", "--all", "--dry-run").stdout.splitlines()
    assert sum(line.startswith("would    ") for line in told) == 3
    assert "… and 9 more" in told


def test_a_closed_stdout_stops_it_after_the_batch_and_the_end_is_told(room: Backroom) -> None:
    room.add("dead_letter", 50)
    room.database.connection.execute(NO_EVENTS)
    command, environment = room.command("dlq", "requeue-all", "--all", "--yes", "--batch", "10", "--pause", "0s")
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, room.states()) == (1, {"queued": 10, "dead_letter": 40})
    assert "stopped: stdout was closed" in err
    assert "requeue: 10 done, 0 left alone, 0 unknown, 40 untouched." in err
    assert "untouched: from " in err
    assert err.count(" audit operation=requeue ") == 1
    assert "Exception" not in err


def test_a_full_disk_under_stdout_is_told_too(room: Backroom) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    room.add("dead_letter", 5)
    command, environment = room.command("dlq", "requeue-all", "--all", "--yes", "--output", "json")
    with full.open("w") as out:
        done = subprocess.run(command, env=environment, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, room.states()) == (1, {"queued": 5})
    assert "stdout cannot be written: No space left on device" in done.stderr
    assert "requeue: 5 done, 0 left alone, 0 unknown, 0 untouched." in done.stderr


def test_what_became_of_jobs_is_looked_up_where_they_were_changed(room: Backroom) -> None:
    with fresh_database(room.database.server) as database:
        standby = Backroom.made(database, room.folder)
        (job,) = room.add("dead_letter")
        database.connection.execute(AS_IT_WAS, [job])
        source = {"name": "shop", "dsn": database.dsn, "write_dsn": room.database.dsn, "engine": "table"}
        room.config.write_text(json.dumps({"sources": [source | {"table": "public.jobs"}]}))
        told = json.loads(room.run("dlq", "requeue-all", "--all", "--yes", "--output", "json").stdout)
        assert (room.state(job), standby.state(job)) == ("queued", "dead_letter")
    assert (told["done"], told["looked_at"], told["dead_again"]) == (1, 1, 0)


def test_a_bar_of_thousands_can_be_read(room: Backroom) -> None:
    room.add("dead_letter", 1_000)
    words = ("--all", "--yes", "--limit", "0", "--batch", "1000")
    with terminal(*room.command("dlq", "requeue-all", *words), room.folder) as screen:
        assert screen.ended() == 0
        assert "1,000/1,000" in screen.text


@pytest.mark.parametrize("path", ["dlq requeue", "dlq requeue-all", "dlq abandon", "dlq delete", "jobs cancel"])
def test_where_a_change_is_written_down_is_said_in_the_help(path: str) -> None:
    (reason,) = [
        option for found in commands() if found.path == path for option in found.options if "--reason" in option.names
    ]
    assert reason.help.endswith("or on stderr where its engine keeps no record: redirect it to keep it.")
