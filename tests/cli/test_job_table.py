"""Lists of jobs and questions about them at terminals that are wide, narrow, or none."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import Pipeline, pipeline, run
from tests.cli.screen import screen

ONE, OTHER = (str(UUID(int=number)) for number in (1, 2))
ERROR = "HTTP 401 Unauthorized: the access token has expired"


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    made = pipeline(database, tmp_path)
    for job, seconds in ((ONE, -300), (OTHER, -600)):
        made.jobs.add(
            id=job, kind="HIGHLIGHT_DETECT", state="dead_letter", last_error=ERROR, attempts=5, updated_at=seconds
        )
    return made


def shown(columns: int, *arguments: str) -> list[str]:
    """The lines on the screen, without their times and those that are empty."""
    with screen(*arguments, columns=columns, rows=40) as found:
        assert found.ended() == 0
    return [line for line in found.text.splitlines() if line]


def test_at_a_narrow_terminal_the_error_stands_beneath_its_job_and_nothing_is_cut(shop: Pipeline) -> None:
    headings, rule, *rows = shown(80, "dlq", "list")
    assert headings == "id                                    kind              attempts  died"
    assert (set(rule), len(rule) <= 80) == ({"─"}, True)
    assert sorted(row.split()[:3] for row in rows[::2]) == [
        [ONE, "HIGHLIGHT_DETECT", "5/5"],
        [OTHER, "HIGHLIGHT_DETECT", "5/5"],
    ]
    assert rows[1::2] == [f"    cause system_error  {ERROR}"] * 2


def test_at_a_wide_terminal_it_stands_in_the_row(shop: Pipeline) -> None:
    _, _, *rows = shown(160, "dlq", "list")
    assert sorted((row.split()[0], row.endswith(ERROR)) for row in rows) == [(ONE, True), (OTHER, True)]


def test_an_error_that_can_be_read_though_it_is_cut_stands_in_the_row_too(shop: Pipeline) -> None:
    headings, _, *rows = shown(135, "dlq", "list")
    start = headings.index("error")
    assert sorted((row.split()[0], row[start:]) for row in rows) == [
        (job, f"{ERROR[: 135 - start - 1]}…") for job in (ONE, OTHER)
    ]


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120])
def test_ids_and_kinds_are_whole_with_several_sources_at_any_width(shop: Pipeline, columns: int) -> None:
    shop.also("warehouse", shop.database.dsn)
    text = "\n".join(shown(columns, "dlq", "list"))
    assert [text.count(word) for word in (ONE, OTHER, "HIGHLIGHT_DETECT", "warehouse")] == [2, 2, 4, 2]


def test_the_longest_error_takes_two_lines_at_most(shop: Pipeline) -> None:
    shop.jobs.add(kind="A", state="dead_letter", last_error="word " * 100, updated_at=-900)
    found = shown(60, "dlq", "list", "--kind", "A")
    assert (len(found), found[-1][-1]) == (5, "…")
    assert all(len(line) <= 60 for line in found)


def test_piped_it_is_one_line_a_job(shop: Pipeline) -> None:
    lines = run("dlq", "list").stdout.splitlines()
    assert lines[0].split() == ["id", "kind", "attempts", "died", "cause", "error"]
    assert sorted((line.split()[0], line.endswith(ERROR), line.index(ERROR)) for line in lines[1:]) == [
        (job, True, lines[0].index("error")) for job in (ONE, OTHER)
    ]


@pytest.mark.parametrize("columns", [80, 100])
def test_the_question_shows_ids_kinds_and_states_whole_under_the_same_headings(shop: Pipeline, columns: int) -> None:
    with screen("dlq", "requeue", ONE, columns=columns, rows=40) as found:
        text = found.until(lambda text: "[y/N]" in text)
        found.press("n\n")
        assert found.ended() == 1
    headings, _, row, error, *_ = [line for line in text.splitlines() if line]
    assert headings.split() == ["id", "kind", "state", "since"]
    assert row.split()[:3] == [ONE, "HIGHLIGHT_DETECT", "dead_letter"]
    assert error == f"    {ERROR}"


def test_names_of_many_cells_are_lined_up_by_what_they_take(shop: Pipeline) -> None:
    shop.jobs.add(kind="日本語", state="dead_letter", last_error=ERROR, attempts=5, updated_at=-900)
    lines = run("dlq", "list").stdout.splitlines()
    (wide,) = [line for line in lines if "日本語" in line]
    assert wide.index(ERROR) == lines[0].index("error") - 3
