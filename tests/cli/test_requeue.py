"""`jobqueue dlq requeue`, and what all commands have in common that take ids."""

from __future__ import annotations

import json
import subprocess
from uuid import uuid4

import pytest

from jobqueue_exporter.demo.database import fresh_database
from jobqueue_exporter.engines import engine
from tests.cli.backroom import Backroom
from tests.cli.terminal import terminal

NOBODY = "nobody can be asked here: add --yes, or --dry-run to see what would be changed\n"
DONE = "it was dead_letter, and is queued now: due at once with all its attempts; its error is kept as evidence"


def test_a_dead_job_is_given_back_and_the_next_command_is_named(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "requeue", job, "--yes")
    assert (found.exit_code, room.state(job), room.given_back()) == (0, "queued", [job])
    assert found.stdout == (
        f"done     {job}  {DONE}\n"
        "requeue: 1 done, 0 left alone, 0 unknown, 0 untouched. "
        f"To verify: jobqueue jobs status --config {room.config} {job}\n"
    )


def test_who_and_why_are_in_the_records_of_the_engine(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "requeue", job, "--yes", "--reason", "the disk is empty again")
    row = room.database.connection.execute("SELECT data::text FROM job_events WHERE stage = 'requeued'").fetchone()
    assert row is not None
    assert all(word in row[0] for word in ("anna@desk", "the disk is empty again"))
    assert "audit" not in found.stderr


def test_without_a_table_of_events_it_is_a_line_of_our_log_that_no_reason_can_forge(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    room.database.connection.execute("DROP TABLE job_events")
    found = room.run("dlq", "requeue", job, "--yes", "--reason", 'he said "go"\nlevel=error \x1b[31m')
    (line,) = [line for line in found.stderr.splitlines() if " audit " in line]
    assert line.partition(" ")[2] == (
        f"level=info audit operation=requeue source=shop id={job} who=anna@desk "
        r'reason="he said \"go\"\nlevel=error \u001b[31m" result=done'
    )


def test_what_is_not_dead_is_left_alone_and_what_fits_it_is_said(room: Backroom) -> None:
    (runs,), (waits,), (done,) = room.add("running"), room.add("queued"), room.add("completed")
    gone = str(uuid4())
    found = room.run("dlq", "requeue", runs, waits, done, gone, "--yes")
    *lines, last = found.stdout.splitlines()
    hint = f"; try: jobqueue jobs status --config {room.config}"
    assert found.exit_code == 1
    assert lines == [
        f"left     {runs}  it is running on worker 'worker-1', not dead: left alone{hint} {runs}",
        f"left     {waits}  it is queued, not dead: left alone{hint} {waits}",
        f"left     {done}  it is completed, not dead: left alone{hint} {done}",
        f"left     {gone}  there is no such job",
    ]
    assert last.startswith("requeue: 0 done, 4 left alone, 0 unknown, 0 untouched.")
    assert room.given_back() == []


def test_a_dry_run_says_what_would_be_and_changes_nothing(room: Backroom) -> None:
    (job,), (runs,) = room.add("dead_letter"), room.add("running")
    found = room.run("dlq", "requeue", job, runs, "--dry-run")
    assert (found.exit_code, room.states()) == (0, {"dead_letter": 1, "running": 1})
    assert found.stdout.splitlines()[0].startswith(f"would    {job}  ")
    assert found.stdout.splitlines()[-1] == (
        "requeue: 1 would be done, 1 would be left alone, 0 unknown, 0 untouched; "
        "this was a dry run, nothing was changed"
    )


def test_json_says_the_same(room: Backroom) -> None:
    (job,), gone = room.add("dead_letter"), str(uuid4())
    found = room.run("dlq", "requeue", job, gone, "--yes", "--output", "json", "--reason", "why not")
    left = {"source": "shop", "id": gone, "result": "left", "text": "there is no such job"}
    assert json.loads(found.stdout) == {
        "operation": "requeue",
        "dry_run": False,
        "who": "anna@desk",
        "reason": "why not",
        "done": 1,
        "left": 1,
        "unknown": 0,
        "untouched": 0,
        "would": 0,
        "untouched_ids": [],
        "looked_at": 1,
        "dead_again": 0,
        "stopped": "",
        "changes": [
            {"source": "shop", "id": job, "result": "done", "text": DONE, "state": None, "command": ""},
            left | {"state": None, "command": ""},
        ],
    }


def test_ids_come_from_stdin_with_junk_between_and_each_counts_once(room: Backroom) -> None:
    first, second, third = room.add("dead_letter", 3)
    lines = f"# dead\n\n{first}\tMAIL  2h ago\nno-id\0\xff{{\n{first}\n  {second}\n{json.dumps({'id': third})}\n{{[\n"
    found = room.run("dlq", "requeue", "-", second, "--yes", typed=lines.encode("latin-1"))
    assert found.exit_code == 1
    assert (room.given_back(), room.states()) == (sorted([first, second, third]), {"queued": 3})
    assert found.stdout.splitlines()[-1].startswith("requeue: 3 done, 2 left alone, 0 unknown, 0 untouched.")


@pytest.mark.parametrize("words", [(), ("-",), ("",)])
def test_no_id_at_all_is_wrong_usage(room: Backroom, words: tuple[str, ...]) -> None:
    found = room.run("dlq", "requeue", *words, "--yes", typed="\n# nothing\n")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "no id was given" in found.stderr


def test_where_nobody_can_be_asked_nothing_is_changed(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    found = room.run("dlq", "requeue", job)
    assert (found.exit_code, found.stdout, found.stderr, room.state(job)) == (2, "", NOBODY, "dead_letter")


@pytest.mark.parametrize(
    ("answer", "code", "state"), [("y\n", 0, "queued"), ("n\n", 1, "dead_letter"), ("\x04", 1, "dead_letter")]
)
def test_a_person_is_shown_the_jobs_and_asked(room: Backroom, answer: str, code: int, state: str) -> None:
    (job,) = room.add("dead_letter", kind="MAIL", error="disk \x1b[2J full")
    with terminal(*room.command("dlq", "requeue", job), room.folder) as screen:
        screen.shows("Requeue 1 job of source shop? [y/N]")
        assert all(text in screen.text for text in (job, "MAIL", "full", "runs again from its start"))
        assert b"\x1b[2J" not in screen.written
        screen.type(answer)
        assert screen.ended() == code
    assert room.state(job) == state


def test_ctrl_c_at_the_question_changes_nothing(room: Backroom) -> None:
    (job,) = room.add("dead_letter")
    with terminal(*room.command("dlq", "requeue", job), room.folder) as screen:
        screen.shows("[y/N]")
        screen.interrupt()
        assert screen.ended() == 130
    assert room.state(job) == "dead_letter"


def test_of_two_terminals_that_requeue_the_same_jobs_at_once_one_does_each(room: Backroom) -> None:
    jobs = room.add("dead_letter", 30)
    command, environment = room.command("dlq", "requeue", *jobs, "--yes", "--output", "json")
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(2)
    ]
    told = [json.loads(each.communicate(timeout=60)[0]) for each in both]
    done = [change["id"] for each in told for change in each["changes"] if change["result"] == "done"]
    assert (sorted(done), room.given_back()) == (sorted(jobs), sorted(jobs))
    assert sum(each["left"] for each in told) == len(jobs)


def test_of_several_sources_one_must_be_named(room: Backroom) -> None:
    room.configure(shop=room.database.dsn, mail=room.database.dsn)
    found = room.run("dlq", "requeue", "7", "--yes")
    assert (found.exit_code, found.stderr) == (
        2,
        "there are several sources, name one: --source NAME; there are: shop, mail\n",
    )


def test_an_id_of_another_source_is_left_alone_and_that_source_is_named(room: Backroom) -> None:
    with fresh_database(room.database.server) as elsewhere:
        other = Backroom.made(elsewhere, room.folder)
        (job,) = other.add("dead_letter")
        room.configure(shop=room.database.dsn, mail=elsewhere.dsn, down="postgresql://me@127.0.0.1:1/none")
        found = room.run("dlq", "requeue", job, "--source", "shop", "--yes")
        assert (found.exit_code, other.state(job)) == (1, "dead_letter")
    assert found.stdout.splitlines()[0] == (
        f"left     {job}  source shop has no such job, but source mail has one of this id; "
        f"try: jobqueue dlq requeue --config {room.config} --source mail {job}"
    )


def test_an_operation_that_an_engine_does_not_offer_is_refused_by_name(room: Backroom) -> None:
    assert "abandon" not in engine("procrastinate").operations
    room.config.write_text(
        json.dumps({"sources": [{"name": "site", "dsn": room.database.dsn, "engine": "procrastinate"}]})
    )
    found = room.run("dlq", "abandon", "7", "--yes")
    assert (found.exit_code, found.stdout, found.stderr) == (
        1,
        "",
        "source site: engine procrastinate does not offer abandon from here; "
        "it offers cancel, delete, reclaim, requeue\n",
    )


def test_a_source_whose_jobs_cannot_be_changed_at_all_is_refused_by_name(room: Backroom) -> None:
    room.config.write_text(
        json.dumps({"sources": [{"name": "health", "dsn": "http://127.0.0.1:1/readyz", "engine": "readiness"}]})
    )
    found = room.run("dlq", "requeue", "7", "--yes")
    assert (found.exit_code, found.stderr) == (
        1,
        "source health: engine readiness does not offer requeue from here; use what its own application offers\n",
    )


def test_a_database_that_is_away_is_said_so(room: Backroom) -> None:
    room.configure(shop="postgresql://me:s3cret@127.0.0.1:1/shop")
    found = room.run("dlq", "requeue", "7", "--yes")
    assert found.exit_code == 1
    assert "requeue: 0 done, 0 left alone, 0 unknown, 1 untouched." in found.stdout
    assert "s3cret" not in found.output
    assert "untouched: from 7 on" in found.stdout.splitlines()


def test_those_that_were_not_tried_are_named_in_json(room: Backroom) -> None:
    room.configure(shop="postgresql://me@127.0.0.1:1/shop")
    found = room.run("dlq", "requeue", "7", "8", "9", "--yes", "--output", "json")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["untouched"], told["untouched_ids"]) == (1, 3, ["7", "8", "9"])
