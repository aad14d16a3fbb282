"""`jobqueue dlq requeue-all`."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from tests.cli.backroom import Backroom
from tests.cli.terminal import terminal
from tests.deadline import until

# Two jobs of a batch of ten take a second: what a test does in the middle, it does in time.
SLOW = """
CREATE FUNCTION drowsy() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
CREATE TRIGGER drowsy BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION drowsy();
"""
LAST = "requeue: {done} done, 0 left alone, {unknown} unknown, {untouched} untouched."


def started(room: Backroom, *words: str) -> subprocess.Popen[str]:
    command, environment = room.command("dlq", "requeue-all", "--all", "--yes", *words)
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def worked(room: Backroom, becomes: str, stop: threading.Event) -> None:
    """A worker that takes one job after the other, each to the same end."""
    with psycopg.connect(room.database.dsn, autocommit=True) as connection:
        while not stop.wait(0.05):
            connection.execute(
                "UPDATE jobs SET state = %s, updated_at = clock_timestamp() WHERE id IN "
                "(SELECT id FROM jobs WHERE state = 'queued' FOR UPDATE SKIP LOCKED)",
                [becomes],
            )


@pytest.fixture
def worker(room: Backroom, request: pytest.FixtureRequest) -> Iterator[None]:
    """A worker to whom every job comes to the end that is asked for."""
    stop = threading.Event()
    thread = threading.Thread(target=worked, args=(room, request.param, stop))
    thread.start()
    yield
    stop.set()
    thread.join()


def test_it_refuses_to_run_on_everything_unless_that_is_said(room: Backroom) -> None:
    room.add("dead_letter")
    found = room.run("dlq", "requeue-all", "--limit", "5", "--yes")
    assert (found.exit_code, found.stdout, room.states()) == (2, "", {"dead_letter": 1})
    assert "or say --all" in found.stderr


@pytest.mark.parametrize(
    "narrow",
    [
        ("--kind", "MAIL"),
        ("--cause", "recoverable"),
        ("--match", "CONNECTION"),
        ("--older-than", "1h"),
    ],
)
def test_it_gives_back_what_the_filters_name(room: Backroom, narrow: tuple[str, str]) -> None:
    wanted = room.add("dead_letter", 2, kind="MAIL", error="connection reset")
    room.database.connection.execute(
        "UPDATE jobs SET updated_at = now() - interval '2 hours', created_at = now() - interval '1 day'"
    )
    room.add("dead_letter", 2, kind="VIDEO", error="invalid input: no such file")
    found = room.run("dlq", "requeue-all", *narrow, "--yes")
    assert (found.exit_code, room.given_back()) == (0, sorted(wanted))


def test_it_takes_no_more_than_fifty_unless_told_otherwise(room: Backroom) -> None:
    room.add("dead_letter", 60)
    found = room.run("dlq", "requeue-all", "--all", "--yes")
    assert (found.exit_code, room.states()) == (0, {"queued": 50, "dead_letter": 10})
    assert "50 dead jobs of source shop, the first of more than 50; --limit takes more" in found.stderr
    assert room.run("dlq", "requeue-all", "--all", "--limit", "0", "--yes").exit_code == 0
    assert room.states() == {"queued": 60}


def test_a_dry_run_sums_up_what_would_be_done(room: Backroom) -> None:
    room.add("dead_letter", 3, kind="MAIL", error="connection reset")
    room.add("dead_letter", 5, kind="VIDEO", error="invalid input")
    found = room.run("dlq", "requeue-all", "--all", "--dry-run")
    assert (found.exit_code, room.states()) == (0, {"dead_letter": 8})
    told = found.stdout.splitlines()
    assert told[:3] == [
        "8 dead jobs of source shop",
        "  kind    VIDEO 5, MAIL 3",
        "  cause   user_error 5, recoverable 3",
    ]
    assert "warning: 5 of 8 died of user_error or system_error: fix the cause first, or they die again" in told
    assert told[-1].startswith("requeue: 8 would be done, 0 would be left alone")


def test_nothing_to_do_is_no_failure(room: Backroom) -> None:
    found = room.run("dlq", "requeue-all", "--kind", "NONE", "--output", "json")
    assert (found.exit_code, json.loads(found.stdout)["changes"]) == (0, [])
    assert found.stderr == "source shop has no such dead job\n"


def test_a_person_sees_the_sum_is_asked_and_watches_a_bar(room: Backroom) -> None:
    room.add("dead_letter", 40)
    with terminal(
        *room.command("dlq", "requeue-all", "--all", "--batch", "10", "--pause", "100ms"), room.folder
    ) as screen:
        screen.shows("Requeue 40 jobs of source shop? [y/N]")
        assert "40 dead jobs of source shop" in screen.text
        screen.type("y\n")
        assert screen.ended() == 0
        assert "40/40" in screen.text
        assert sum(line.startswith("done     ") for line in screen.text.splitlines()) == 10
        assert "… and 30 more" in screen.text
        assert LAST.format(done=40, unknown=0, untouched=0) in screen.text
    assert room.states() == {"queued": 40}


def test_what_is_piped_elsewhere_is_not_drawn_above_the_bar(room: Backroom) -> None:
    room.add("dead_letter", 30)
    command, environment = room.command("dlq", "requeue-all", "--all", "--yes", "--output", "json")
    with terminal(
        ["/bin/sh", "-c", f'exec "$@" > {room.folder}/out', "sh", *command], environment, room.folder
    ) as screen:
        assert screen.ended() == 0
        assert "30/30" in screen.text
        assert '"done"' not in screen.text
    assert json.loads((room.folder / "out").read_text())["done"] == 30


@pytest.mark.parametrize("worker", ["completed"], indirect=True)
@pytest.mark.usefixtures("worker")
def test_the_rest_follows_a_canary_that_ended_well(room: Backroom) -> None:
    room.add("dead_letter", 5)
    found = room.run("dlq", "requeue-all", "--all", "--canary", "1", "--yes")
    assert (found.exit_code, len(room.given_back())) == (0, 5)
    assert "canary: 1 of 1 ended well" in found.stderr.splitlines()


@pytest.mark.parametrize("worker", ["dead_letter"], indirect=True)
@pytest.mark.usefixtures("worker")
def test_nothing_follows_a_canary_that_dies_again(room: Backroom) -> None:
    room.add("dead_letter", 5)
    found = room.run("dlq", "requeue-all", "--all", "--canary", "2", "--yes")
    assert (found.exit_code, len(room.given_back())) == (1, 2)
    assert "stopped: the canary is dead again: " in found.stdout
    assert LAST.format(done=2, unknown=0, untouched=3) in found.stdout


def test_nothing_follows_a_canary_that_does_not_end(room: Backroom) -> None:
    room.add("dead_letter", 5)
    found = room.run("dlq", "requeue-all", "--all", "--canary", "1", "--canary-timeout", "500ms", "--yes")
    assert (found.exit_code, room.states()) == (1, {"queued": 1, "dead_letter": 4})
    assert "stopped: the canary has not ended within 500ms: canary: 0 of 1 ended well, 1 pending" in found.stdout


@pytest.mark.parametrize("worker", ["dead_letter"], indirect=True)
@pytest.mark.usefixtures("worker")
def test_it_stops_by_itself_when_jobs_die_again(room: Backroom) -> None:
    room.add("dead_letter", 100)
    found = room.run("dlq", "requeue-all", "--all", "--limit", "0", "--batch", "10", "--pause", "1100ms", "--yes")
    assert (found.exit_code, len(room.given_back())) == (1, 10)
    assert "stopped: of the jobs given back, 10 of 10 looked at are dead again" in found.stdout
    assert LAST.format(done=10, unknown=0, untouched=90) in found.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_after_the_batch_under_way_when_it_is_asked_to(room: Backroom, number: signal.Signals) -> None:
    room.add("dead_letter", 100)
    with started(room, "--limit", "0", "--batch", "10", "--pause", "10s") as process:
        until(room.given_back)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, room.states()) == (1, {"queued": 10, "dead_letter": 90})
    assert "stopping after the batch under way; once more ends at once" in err
    assert "stopped: asked to stop" in out
    assert LAST.format(done=10, unknown=0, untouched=90) in out


def test_a_second_ctrl_c_ends_at_once_and_what_it_said_is_so(room: Backroom) -> None:
    room.add("dead_letter", 300)
    room.database.connection.execute(SLOW)
    with started(room, "--limit", "0", "--batch", "100", "--pause", "0s", "--output", "json") as process:
        until(room.given_back)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "ends at once" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=60)[0]
    told = json.loads(out)
    assert (process.returncode, told["stopped"]) == (130, "ended at once")
    agrees(room, told, 300)


CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


def agrees(room: Backroom, told: dict[str, object], total: int) -> None:
    """Holds what was told against the table: no job of which nothing was said was touched."""
    changes = told["changes"]
    assert isinstance(changes, list)
    by_result: dict[str, set[str]] = {"done": set(), "left": set(), "unknown": set()}
    for change in changes:
        by_result[change["result"]].add(change["id"])
    given_back = room.given_back()
    assert len(given_back) == len(set(given_back))
    assert by_result["done"] <= set(given_back) <= by_result["done"] | by_result["unknown"]
    assert {result: len(ids) for result, ids in by_result.items()} == {
        result: told[result] for result in ("done", "left", "unknown")
    }
    assert told["untouched"] == total - sum(map(len, by_result.values()))
    assert room.states() == {
        state: count
        for state, count in {"queued": len(given_back), "dead_letter": total - len(given_back)}.items()
        if count
    }


def test_a_connection_that_is_cut_half_way_leaves_a_true_account(room: Backroom) -> None:
    room.add("dead_letter", 400)
    room.database.connection.execute(SLOW)
    with started(room, "--limit", "0", "--batch", "50", "--pause", "0s", "--output", "json") as process:
        until(room.given_back)
        # One that is cut while idle is replaced in silence.
        until(lambda: (room.database.connection.execute(CUT), process.poll())[1] is not None, seconds=60)
        out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert (process.returncode, told["stopped"] != "", "Traceback" in err) == (1, True, False)
    agrees(room, told, 400)


def test_a_server_that_stops_half_way_leaves_a_true_account(room: Backroom) -> None:
    room.add("dead_letter", 400)
    room.database.connection.execute(SLOW)
    with started(room, "--limit", "0", "--batch", "50", "--pause", "0s", "--output", "json") as process:
        until(room.given_back)
        room.database.server.stop()
        out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert (process.returncode, "Traceback" in err) == (1, False)
    room.database.server.start()
    room.database.connection.close()
    with psycopg.connect(room.database.dsn, autocommit=True) as connection:
        agrees(replace(room, database=replace(room.database, connection=connection)), told, 400)


def test_what_dies_while_it_is_shown_is_not_taken_too(room: Backroom) -> None:
    first = room.add("dead_letter", 2)
    with terminal(*room.command("dlq", "requeue-all", "--all"), room.folder) as screen:
        screen.shows("Requeue 2 jobs of source shop? [y/N]")
        room.add("dead_letter", 3)
        screen.type("y\n")
        assert screen.ended() == 0
    assert room.given_back() == sorted(first)


def test_a_job_that_is_requeued_meanwhile_is_left_alone(room: Backroom) -> None:
    jobs = room.add("dead_letter", 2)
    with terminal(*room.command("dlq", "requeue-all", "--all"), room.folder) as screen:
        screen.shows("[y/N]")
        assert room.run("dlq", "requeue", jobs[0], "--yes").exit_code == 0
        screen.type("y\n")
        assert screen.ended() == 1
        assert "requeue: 1 done, 1 left alone, 0 unknown, 0 untouched." in screen.text
    assert room.given_back() == sorted(jobs)
