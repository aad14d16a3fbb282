from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from jobqueue_exporter.dashboards import sources
from jobqueue_exporter.dashboards.source import Panel, Query, Thresholds
from jobqueue_exporter.errors import ConfigError
from tests.dashboards.made import SMALL, source


def told(folder: Path, text: str) -> tuple[str, ...]:
    """What is said of a file with this text, by line."""
    file = folder / "bad.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        sources.read(file)
    return tuple(problem.removeprefix(f"{file}:") for problem in caught.value.problems)


def test_every_key_is_used_by_a_dashboard_of_ours() -> None:
    panels = [panel for source in sources.ours() for _, _, _, panel in source.panels()]
    queries = [query for panel in panels for query in panel.queries]
    thresholds = [*(each.thresholds for each in panels), *(each.thresholds for each in queries)]
    for kind, parts in ((Panel, panels), (Query, queries), (Thresholds, [each for each in thresholds if each])):
        for key in msgspec.structs.fields(kind):
            assert any(getattr(part, key.name) not in (key.default, {}) for part in parts), (
                f"{kind.__name__}: {key.name}"
            )


def test_a_dashboard_is_known_by_the_name_of_its_file(tmp_path: Path) -> None:
    assert source(tmp_path, name="mail").name == "mail"


def test_the_place_of_a_part_is_its_line_or_that_of_what_is_around_it(tmp_path: Path) -> None:
    read = source(tmp_path)
    query = ("rows", 0, "panels", 1, "queries", 1)
    assert [read.place(*query, "expr"), read.place(*query, "legend"), read.place("nothing")] == [
        f"{tmp_path}/small.yaml:{line}" for line in (29, 29, 1)
    ]


def test_every_unknown_key_is_told_with_its_line(tmp_path: Path) -> None:
    text = SMALL.replace("unit: s\n        queries", "unitt: s\n        queries").replace("as: threshold", "az: x")
    assert told(tmp_path, text) == (
        "11: rows[0].panels[0].unitt: object contains unknown field `unitt`",
        "17: rows[0].panels[0].queries[1].az: object contains unknown field `az`",
    )


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("kind: table", "kind: pie", "21: rows[0].panels[1].kind: invalid enum value 'pie'"),
        ("title: Small\n", "", "1: object missing required field `title`"),
        ("question: Is it well?", "question: 3", "2: question: expected `str`, got `int`"),
        ("    topic: backlog\n", "", "5: rows[0]: object missing required field `topic`"),
        ("sort: -Oldest", "width: 25", "23: rows[0].panels[1].width: expected `int` <= 24"),
        ("[source, queue, kind]\nrows", "[source, color]\nrows", "3: variables[1]: invalid enum value 'color'"),
        ("critical: 600", "bad: 600", "28: rows[0].panels[1].queries[0].thresholds.bad: object contains unknown"),
        ("    panels:", "    panels: 3\n    oh:", "7: rows[0].panels: expected `array`, got `int`"),
    ],
)
def test_what_has_another_shape_is_told_with_its_line(tmp_path: Path, before: str, after: str, line: str) -> None:
    assert told(tmp_path, SMALL.replace(before, after))[0].startswith(line)


def test_what_is_wrong_with_several_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("title: A")
    (tmp_path / "b.yaml").write_text("title: [")
    with pytest.raises(ConfigError) as caught:
        sources.of(tmp_path)
    assert {problem.split(":")[0] for problem in caught.value.problems} == {f"{tmp_path}/a.yaml", f"{tmp_path}/b.yaml"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"there is no folder {tmp_path}/none"):
        sources.of(tmp_path / "none")
