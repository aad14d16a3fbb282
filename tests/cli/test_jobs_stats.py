"""`jobqueue jobs stats`, run as a person or a script runs it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobqueue_exporter.cli.documents.stats import Jobs, Stats
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import UNREACHABLE, Pipeline, pipeline, read, run
from tests.cli.screen import screen


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path, binaries=["ffmpeg"])


def busy(shop: Pipeline) -> None:
    """Some of everything: a live worker, jobs in most states, one of them late."""
    shop.worker("w1:7:1", busy=1, ffmpeg=True)
    shop.jobs.add(3, kind="B", state="queued", created_at=-10)
    shop.jobs.add(1, kind="A", state="queued", created_at=-100)
    shop.jobs.add(1, kind="A", state="running", locked_by="w1:7:1", heartbeat_at=0, locked_at=-5)
    shop.jobs.add(1, kind="A", state="running", locked_by="w2:7:1", heartbeat_at=-90, locked_at=-95)
    shop.jobs.add(2, kind="C", state="queued", run_at=600)
    shop.jobs.add(1, kind="D", state="dead_letter", last_error="credentials expired", updated_at=-30)


def test_an_empty_table_is_healthy(shop: Pipeline) -> None:
    shop.worker("w1:7:1", ffmpeg=True)
    found = read(Stats, "jobs", "stats")
    (one,) = found.sources
    assert (found.status, one.status, one.lanes, one.failures, one.advice) == ("ok", "ok", (), (), ())
    assert (one.jobs.pending, one.jobs.running, one.jobs.dead_letter, one.jobs.oldest_pending_seconds) == (0, 0, 0, 0)


def test_it_tells_the_same_numbers_as_metrics(shop: Pipeline) -> None:
    busy(shop)
    (one,) = read(Stats, "jobs", "stats").sources
    text = run("once").stdout
    pattern = r'^jobqueue_jobs\{kind="(\w+)",queue="jobs",source="shop",state="(\w+)"\} (\d+)'
    told = {(kind, state): int(count) for kind, state, count in re.findall(pattern, text, re.MULTILINE)}
    lanes = {lane.kind: lane.jobs for lane in one.lanes}
    assert told
    assert told == {(kind, state): getattr(lanes[kind], state) for kind, state in told}


def test_the_busiest_lanes_come_first_and_late_ones_are_marked(shop: Pipeline) -> None:
    busy(shop)
    (one,) = read(Stats, "jobs", "stats").sources
    assert [(lane.kind, lane.late) for lane in one.lanes] == [("A", True), ("B", False), ("C", False), ("D", False)]
    jobs = one.lanes[0].jobs
    assert (jobs.pending, jobs.running, jobs.stuck, one.lanes[0].objective_seconds) == (1, 2, 1, 60.0)


def test_workers_and_programs_are_in_it(shop: Pipeline) -> None:
    busy(shop)
    (one,) = read(Stats, "jobs", "stats").sources
    assert one.workers is not None
    assert (one.workers.live, one.workers.stale, one.workers.slots, one.workers.busy) == (1, 0, 3, 1)
    assert [(each.name, each.required, each.place, each.available) for each in one.binaries] == [
        ("ffmpeg", True, "worker", True)
    ]


def test_what_died_in_the_last_hour_is_told_newest_first_and_masked(shop: Pipeline) -> None:
    shop.jobs.add(1, kind="A", state="dead_letter", last_error="old", updated_at=-7_200)
    for age in range(100, 700, 100):
        shop.jobs.add(1, kind="A", state="dead_letter", last_error=f"password=hunter2 {age}", updated_at=-age)
    (one,) = read(Stats, "jobs", "stats").sources
    assert one.failures is not None
    assert [each.error.split()[-1] for each in one.failures] == ["100", "200", "300", "400", "500"]
    assert "hunter2" not in run("jobs", "stats").output


def test_empty_lanes_are_shown_only_with_all(shop: Pipeline) -> None:
    Path("jobqueue.yml").write_text(
        Path("jobqueue.yml").read_text().replace("queues: [", "queues: [{match: {queue: jobs, kind: E}}, ")
    )
    (few,), (every,) = read(Stats, "jobs", "stats").sources, read(Stats, "jobs", "stats", "--all").sources
    assert (len(few.lanes), few.empty_lanes) == (0, 1)
    assert ([lane.kind for lane in every.lanes], every.empty_lanes) == (["E"], 0)


def test_a_count_that_stopped_at_its_cap_is_a_least(shop: Pipeline) -> None:
    Path("jobqueue.yml").write_text(Path("jobqueue.yml").read_text().replace("lease: 30s", "lease: 30s, count_cap: 5"))
    shop.jobs.add(9, kind="A", state="queued", created_at=-5)
    (one,) = read(Stats, "jobs", "stats").sources
    assert (one.at_least, one.jobs.pending) == (("pending",), 6)
    text = run("jobs", "stats").stdout
    assert "pending at least 6" in text
    assert "≥ 6" in text


def test_a_source_that_cannot_be_read_fails_and_tells_nothing_but_why(shop: Pipeline) -> None:
    shop.also("gone", UNREACHABLE)
    found = read(Stats, "jobs", "stats", code=1)
    well, gone = found.sources
    nothing = Jobs(
        pending=None,
        scheduled=None,
        retrying=None,
        blocked=None,
        running=None,
        dead_letter=None,
        stuck=None,
        oldest_pending_seconds=None,
    )
    assert (well.up, found.status) == (True, "failed")
    assert (gone.up, gone.status, gone.jobs, gone.lanes, gone.failures) == (False, "failed", nothing, (), None)
    result = run("jobs", "stats")
    assert result.stdout.splitlines()[0] == "overall: failed  (shop warning, gone failed)"
    assert result.exit_code == 1
    assert "hunter2" not in result.output


def test_what_to_do_comes_with_a_command_that_can_be_pasted(shop: Pipeline) -> None:
    shop.also("gone", UNREACHABLE)
    shop.worker("w1:7:1", ffmpeg=True)
    shop.jobs.add(1, kind="A", state="dead_letter", last_error="connection timed out")
    commands = [each.command for one in read(Stats, "jobs", "stats", code=1).sources for each in one.advice]
    assert commands == [
        "jobqueue dlq requeue-all --source shop --cause recoverable --canary 1",
        "jobqueue doctor --source gone",
    ]


def test_hostile_names_and_errors_send_nothing_to_the_terminal(shop: Pipeline) -> None:
    shop.jobs.add(
        1, kind="\x1b[31m[bold]x[/bold]\n", state="dead_letter", last_error="\x1b]0;title\x07[red]", updated_at=-5
    )
    result = run("jobs", "stats")
    assert not [character for character in result.stdout if not character.isprintable() and character != "\n"]
    assert "[bold]x[/bold]" in result.stdout


@pytest.mark.parametrize("columns", [80, 200])
def test_names_and_numbers_are_whole_at_a_terminal(shop: Pipeline, columns: int) -> None:
    busy(shop)
    shop.jobs.add(12_345, kind="HIGHLIGHT_DETECT", state="queued", created_at=-100)
    with screen("jobs", "stats", columns=columns, rows=60) as shown:
        assert shown.ended() == 0
    assert "HIGHLIGHT_DETECT" in shown.text
    assert re.search(r"HIGHLIGHT_DETECT +12,345 +1m 4\ds? ", shown.text)
    assert "…" not in shown.text


def test_piped_it_has_neither_colour_nor_frames(shop: Pipeline) -> None:
    busy(shop)
    text = run("jobs", "stats").stdout
    assert "\x1b" not in text
    assert "─" not in text


def test_no_color_is_honoured_at_a_terminal(shop: Pipeline) -> None:
    busy(shop)
    with screen("jobs", "stats") as coloured:
        coloured.ended()
    with screen("jobs", "stats", environment={"NO_COLOR": "1"}) as plain:
        plain.ended()
    colours = re.compile(rb"\x1b\[[0-9;]*3[0-7]m")
    assert colours.search(coloured.raw)
    assert not colours.search(plain.raw)


@pytest.mark.parametrize(
    "index",
    ["(state, run_at)", "(state, kind, run_at, created_at) WHERE state NOT IN ('completed')"],
    ids=["by due time", "by lane"],
)
def test_what_died_last_is_found_among_many_dead_jobs(shop: Pipeline, index: str) -> None:
    shop.jobs.database.connection.execute(f"CREATE INDEX ON jobs {index}".encode())
    for minutes in range(600):
        shop.jobs.add(1, kind="A", state="dead_letter", run_at=-60 * minutes - 7_200, updated_at=-60 * minutes - 7_100)
    shop.jobs.add(1, kind="B", state="dead_letter", run_at=-900, updated_at=-5, last_error="after a long run")
    shop.jobs.add(1, kind="A", state="dead_letter", run_at=-100, updated_at=-90, last_error="sooner")
    (one,) = read(Stats, "jobs", "stats", code=1).sources
    assert [each.error for each in one.failures or ()] == ["after a long run", "sooner"]


def test_where_nothing_puts_the_newest_first_it_says_so(shop: Pipeline) -> None:
    shop.jobs.add(501, kind="A", state="dead_letter", updated_at=-7_200)
    shop.jobs.database.connection.execute(
        b"UPDATE jobs SET updated_at = now() - interval '2 hours' - ('x' || left(md5(id::text), 4))::bit(16)::int"
        b" * interval '1 second' WHERE state = 'dead_letter'"
    )
    assert read(Stats, "jobs", "stats", code=1).sources[0].failures is None
    assert "which jobs died last cannot be told here\n" in run("jobs", "stats").stdout


def test_what_to_do_is_of_the_configuration_that_was_named(shop: Pipeline) -> None:
    shop.jobs.add(kind="A", state="dead_letter", updated_at=-30)
    path = Path("jobqueue.yml").rename("a configuration of a name that is longer than a line of a narrow terminal.yml")
    (one,) = read(Stats, "jobs", "stats", "--config", str(path)).sources
    assert f"jobqueue dlq list --config '{path}'" in [advice.command for advice in one.advice]
    assert f"    jobqueue dlq list --config '{path}'\n" in run("jobs", "stats", "--config", str(path)).stdout
