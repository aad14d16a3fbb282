"""One job at a terminal: lines that break between words, colours, and nothing said twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import Pipeline, pipeline, run
from tests.cli.screen import screen

ERROR = "HTTP 401 Unauthorized: the access token has expired"


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


def dead(shop: Pipeline) -> str:
    """A dead job whose `error` says again what its `last_error` says, with an event that does so too."""
    told = {"code": "E1", "message": ERROR, "token": "hunter2", "tries": 5, "at": {"step": "upload"}}
    job = shop.jobs.new(state="dead_letter", last_error=ERROR, error=json.dumps(told), updated_at=-600)
    shop.database.connection.execute(
        "INSERT INTO job_events (job_id, stage, data, created_at) VALUES (%s, 'failed', %s, now())",
        (job, json.dumps({"error": ERROR})),
    )
    return job


def section(text: str, name: str) -> list[str]:
    """The lines under this heading."""
    return text.partition(f"\n{name}\n")[2].partition("\n\n")[0].rstrip().split("\n")


def test_lines_break_between_words_and_go_on_under_their_text(shop: Pipeline) -> None:
    with screen("jobs", "status", dead(shop), columns=100, rows=60) as found:
        found.ended()
    text = found.text
    lines = text.splitlines()
    (means,) = [index for index, line in enumerate(lines) if line.startswith("  means ")]
    first, second = lines[means : means + 2]
    assert (first.index("dead:"), first[-1].isspace()) == (len(second) - len(second.lstrip()), False)
    first, second = section(text, "events")
    assert (len(first) <= 100, first.index("failed")) == (True, len(second) - len(second.lstrip()))
    assert f"{first} {second.strip()}".endswith(f'failed {{"error": "{ERROR}"}}')


def test_with_little_room_beside_the_names_texts_stand_beneath_them(shop: Pipeline) -> None:
    with screen("jobs", "status", dead(shop), columns=60, rows=60) as found:
        found.ended()
    moment, *text = section(found.text, "events")
    assert moment.endswith(" ago)") or moment.endswith("(now)")
    assert text == ['    failed {"error": "HTTP 401 Unauthorized: the access', '    token has expired"}']


def test_piped_nothing_is_broken(shop: Pipeline) -> None:
    (event,) = section(run("jobs", "status", dead(shop)).stdout, "events")
    assert event.endswith(f'  failed {{"error": "{ERROR}"}}')


def test_of_a_further_object_what_the_error_has_said_is_left_out_and_secrets_are_masked(shop: Pipeline) -> None:
    told = dict(line.split(maxsplit=1) for line in section(run("jobs", "status", dead(shop)).stdout, "more"))
    assert set(told["error"].split(", ")) == {"code E1", "token ***", "tries 5", 'at {"step": "upload"}'}


def test_with_full_it_is_whole(shop: Pipeline) -> None:
    told = section(run("jobs", "status", dead(shop), "--full").stdout, "more")
    (error,) = [line.split(maxsplit=1)[1] for line in told if line.startswith("  error ")]
    assert (json.loads(error)["message"], json.loads(error)["token"]) == (ERROR, "hunter2")


@pytest.mark.parametrize(
    ("environment", "plain"),
    [({}, False), ({"NO_COLOR": ""}, False), ({"NO_COLOR": "1"}, True), ({"TERM": "dumb"}, True)],
)
@pytest.mark.parametrize("command", ["status", "list"])
def test_neither_colour_nor_bold_where_the_environment_wants_none(
    shop: Pipeline, command: str, environment: dict[str, str], plain: bool
) -> None:
    job = dead(shop)
    arguments = [job] if command == "status" else ["--state", "dead_letter"]
    with screen("jobs", command, *arguments, environment=environment) as found:
        assert found.ended() == 0
    assert (b"\x1b" not in found.raw) == plain
