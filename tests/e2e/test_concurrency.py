"""Workers claim for a minute while several terminals requeue, cancel and reclaim: what becomes of each job."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server
from tests.deadline import until
from tests.e2e import ledger

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SECONDS = 60.0
WORKERS = 6
JOBS_PER_SECOND = 25
PROGRAM = Path(sys.executable).with_name("jobqueue")
CONFIG = """
sources:
  - {{name: shop, dsn: '{dsn}', engine: table, table: public.jobs, lease: {lease}s}}
"""
ADD = """
INSERT INTO jobs (workspace_id, kind, max_attempts, run_at)
SELECT gen_random_uuid(), CASE WHEN later THEN 'LATER' ELSE 'A' END, 1 + n %% 2,
       now() + CASE WHEN later THEN interval '1 hour' ELSE interval '0' END
FROM (SELECT n, random() < 0.1 AS later FROM generate_series(1, %s) AS n) AS new
"""
REQUEUE = ("dlq", "requeue-all", "--all", "--limit", "500", "--pause", "10ms", "--batch", "20")
RECLAIM = ("jobs", "reclaim", "--limit", "500")


@dataclass(frozen=True)
class Terminals:
    """People at terminals, and how many changes each operation told of."""

    directory: Path
    done: Counter[str]
    failures: list[str]

    def run(self, *words: str, stdin: str = "") -> None:
        """One command that changes jobs; nobody is asked."""
        told = self._told(*words, "--yes", stdin=stdin)
        if told:
            self.done[told["operation"]] += told["done"]

    def waiting(self) -> str:
        """The ids of some jobs that wait, a line each."""
        jobs = self._told("jobs", "list", "--state", "pending", "--state", "scheduled", "--limit", "8").get("jobs", [])
        return "\n".join(str(job["id"]) for job in jobs)

    def _told(self, *words: str, stdin: str = "") -> dict[str, Any]:
        command = [str(PROGRAM), *words, "--output", "json"]
        ran = subprocess.run(command, cwd=self.directory, input=stdin, capture_output=True, text=True, check=False)
        if ran.returncode not in (0, 1) or "Traceback" in ran.stderr:
            self.failures.append(f"{words}: {ran.returncode} {ran.stderr}")
            return {}
        return dict(json.loads(ran.stdout)) if ran.stdout else {}


@dataclass(frozen=True)
class Minute:
    """What was left of it: the story of each job by its id, its last state, its events, and what terminals told."""

    stories: dict[str, list[str]]
    states: dict[str, str]
    events: dict[str, Counter[str]]
    done: Counter[str]
    failures: list[str]


@pytest.fixture(scope="module")
def minute(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minute]:
    """A minute of it, and then as long as it takes until no job is left that could still run."""
    with fresh_database(postgres) as database:
        schema.create_tables(database.connection)
        database.connection.execute(ledger.LEDGER)
        directory = tmp_path_factory.mktemp("terminals")
        (directory / "jobqueue.yml").write_text(CONFIG.format(dsn=database.dsn, lease=ledger.LEASE_SECONDS))
        terminals = Terminals(directory, Counter(), [])
        _spend(database, terminals)
        yield _left(database, terminals)


def _spend(database: Database, terminals: Terminals) -> None:
    troubled, stop = threading.Event(), threading.Event()
    troubled.set()
    workers = [ledger.Worker(database.dsn, number, troubled, stop) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    try:
        with _repeated(lambda: terminals.run(*REQUEUE), lambda: terminals.run(*RECLAIM), lambda: _cancel(terminals)):
            end = time.monotonic() + SECONDS
            until(lambda: _add(database) and time.monotonic() > end, seconds=SECONDS + 60)
            troubled.clear()
            until(lambda: not _live(database), seconds=120)
    finally:
        stop.set()
        for worker in workers:
            worker.join()


def _cancel(terminals: Terminals) -> None:
    if ids := terminals.waiting():
        terminals.run("jobs", "cancel", "-", stdin=ids)


@contextmanager
def _repeated(*commands: Callable[[], None]) -> Iterator[None]:
    """Each command over and over, at two terminals, until the end of the block."""
    stop = threading.Event()

    def sit(command: Callable[[], None]) -> None:
        while not stop.wait(0.1):
            command()

    people = [threading.Thread(target=sit, args=[command]) for command in (*commands, *commands[:2])]
    for person in people:
        person.start()
    try:
        yield
    finally:
        stop.set()
        for person in people:
            person.join()


def _add(database: Database) -> bool:
    """One job, or a few after a pause of ours, so that there are so many a second."""
    added = database.connection.execute("SELECT count(*), extract(epoch FROM now() - min(created_at)) FROM jobs")
    count, seconds = added.fetchone() or (0, 0)
    due = int(float(seconds or 0) * JOBS_PER_SECOND) + 1 - count
    if due > 0:
        database.connection.execute(ADD, [due])
    return True


def _live(database: Database) -> int:
    """How many jobs have not come to an end, but for those that are for later."""
    found = database.connection.execute(
        "SELECT count(*) FROM jobs WHERE state NOT IN ('completed', 'cancelled') AND kind <> 'LATER'"
    ).fetchone()
    assert found is not None
    return int(found[0])


def _left(database: Database, terminals: Terminals) -> Minute:
    read = database.connection.execute
    stories: dict[str, list[str]] = {str(job): [] for (job,) in read("SELECT id FROM jobs").fetchall()}
    for job, what in read("SELECT job, what FROM ledger ORDER BY number").fetchall():
        stories[str(job)].append(what)
    events: dict[str, Counter[str]] = {job: Counter() for job in stories}
    for job, stage in read("SELECT job_id, stage FROM job_events").fetchall():
        events[str(job)][stage] += 1
    states = {str(job): state for job, state in read("SELECT id, state FROM jobs").fetchall()}
    return Minute(stories, states, events, terminals.done, terminals.failures)


def test_there_was_enough_of_everything(minute: Minute) -> None:
    told = Counter(what for story in minute.stories.values() for what in story)
    assert min(told["completed"], told["failed"], minute.done["requeue"]) > 40
    assert min(told["died"], minute.done["reclaim"], minute.done["cancel"]) > 3


def test_no_command_failed(minute: Minute) -> None:
    assert minute.failures == []


def test_every_job_came_to_one_end(minute: Minute) -> None:
    ends = {job: story.count("completed") for job, story in minute.stories.items()}
    wanted = {"completed": 1, "cancelled": 0, "queued": 0}
    assert {job: ends[job] for job, state in minute.states.items() if ends[job] != wanted[state]} == {}


def test_no_job_ran_twice_because_of_us(minute: Minute) -> None:
    wrong = {job: found for job, story in minute.stories.items() if (found := ledger.unjustified(story))}
    assert wrong == {}


def test_what_terminals_told_is_what_the_events_say(minute: Minute) -> None:
    """A job that is reclaimed without attempts left is dead by it, and its event says so; workers write no such one."""
    stages = sum(minute.events.values(), Counter[str]())
    reclaimed = stages["reclaimed"] + stages["dead_letter"]
    told = {"requeue": stages["requeued"], "reclaim": reclaimed, "cancel": stages["cancelled"]}
    assert told == {operation: minute.done[operation] for operation in told}


def test_a_job_was_requeued_once_for_each_time_it_died(minute: Minute) -> None:
    """A death is a failed last attempt, or a last attempt whose worker died; no dead job is left at the end."""
    odd = {
        job: (events["requeued"], story)
        for job, story in minute.stories.items()
        if (events := minute.events[job])["requeued"] > story.count("failed") + story.count("died")
    }
    assert odd == {}
