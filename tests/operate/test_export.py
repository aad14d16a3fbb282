from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobqueue_exporter.errors import ConfigError, Unreachable
from jobqueue_exporter.operate.export import Record, csv_lines, json_lines, whole_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def broken_off(target: Path, error: type[BaseException]) -> None:
    with whole_file(target) as file:
        file.write(b"x")
        raise error


def test_csv_has_a_header_and_nothing_for_what_is_not_known() -> None:
    records: list[Record] = [
        {"id": "7", "attempts": 5, "stuck": None, "error": 'a "b",\nc'},
        {"id": "8", "attempts": None, "stuck": True},
    ]
    lines = "".join(csv_lines(("id", "attempts", "stuck", "error"), records))
    assert [*csv.reader(StringIO(lines))] == [
        ["id", "attempts", "stuck", "error"],
        ["7", "5", "", 'a "b",\nc'],
        ["8", "", "true", ""],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1+1", " =1", "\r=1"])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    lines = "".join(csv_lines(("error",), [{"error": text}]))
    ((_,), (cell,)) = csv.reader(StringIO(lines))
    assert cell[0] == "'"


def test_json_keeps_the_row_as_it_is_written_and_as_text_what_is_no_json() -> None:
    records = [{"id": "7", "row": '{"n": 1.10, "n": 2}'}, {"id": "8", "row": "{cut"}, {"id": "9", "row": ""}]
    assert [*json_lines(records, nested="row")] == [
        '{"id": "7", "row": {"n": 1.10, "n": 2}}\n',
        '{"id": "8", "row": "{cut"}\n',
        '{"id": "9", "row": null}\n',
    ]


@given(
    st.text(),
    st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
)
def test_any_record_is_one_printable_line_that_says_the_same(error: str, row: object) -> None:
    raw = json.dumps(row, ensure_ascii=False, indent=1)
    (line,) = json_lines([{"error": error, "row": raw}], nested="row")
    assert line[:-1].isprintable()
    assert json.loads(line) == {"error": error, "row": row}


def test_lines_are_made_one_at_a_time() -> None:
    taken: list[int] = []

    def records() -> Iterator[dict[str, int]]:
        for number in range(1_000_000):
            taken.append(number)
            yield {"id": number}

    lines = json_lines(records(), nested="row")
    assert ([next(lines), next(lines)], taken) == (['{"id": 0}\n', '{"id": 1}\n'], [0, 1])


def test_a_file_bears_its_name_once_it_is_whole_and_is_for_its_owner_only(tmp_path: Path) -> None:
    target = tmp_path / "dead.csv"
    with whole_file(target) as file:
        file.write(b"x")
        assert not target.exists()
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode), names(tmp_path)) == (
        b"x",
        0o600,
        ["dead.csv"],
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt, Unreachable])
def test_of_a_file_that_was_broken_off_nothing_is_left(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "dead.csv"
    target.write_text("before")
    with pytest.raises(error):
        broken_off(target, error)
    assert (target.read_text(), names(tmp_path)) == ("before", ["dead.csv"])


def test_a_file_behind_a_link_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "dead.csv")
    with whole_file(tmp_path / "link") as file:
        file.write(b"x")
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "dead.csv").read_bytes()) == (True, b"x")


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no file; leave it out to write to stdout"), whole_file(tmp_path):
        pass
    with (
        pytest.raises(ConfigError, match="cannot be written: No such file or directory"),
        whole_file(tmp_path / "a" / "b"),
    ):
        pass
