from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from jobqueue_exporter.config import schema, types

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS: dict[str, Any] = schema.described()["$defs"]
KEYS = [(name, key) for name, shape in DEFINITIONS.items() for key in shape.get("properties", {})]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema.described())


def test_the_file_for_editors_is_what_the_code_prints() -> None:
    printed = subprocess.check_output(
        [sys.executable, "-m", "jobqueue_exporter.config.schema"],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"},
    )
    assert (ROOT / "examples" / "jobqueue.schema.json").read_bytes() == printed


@pytest.mark.parametrize(("name", "key"), KEYS, ids=".".join)
def test_every_key_says_what_it_is_for(name: str, key: str) -> None:
    assert DEFINITIONS[name]["properties"][key]["description"].endswith(".")


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_every_mapping_says_what_it_is(name: str) -> None:
    assert DEFINITIONS[name]["description"].endswith(".")


def test_every_default_is_valid_where_it_stands() -> None:
    printed = json.loads(schema.text())
    validator = Draft202012Validator(printed)
    defaults = list(defaults_of(printed))
    assert len(defaults) > 60
    for shape in defaults:
        assert list(validator.evolve(schema={**shape, "$defs": printed["$defs"]}).iter_errors(shape["default"])) == []


def test_defaults_of_durations_are_told_as_people_write_them() -> None:
    source = DEFINITIONS["Source"]["properties"]
    assert [source[key]["default"] for key in ("timeout", "max_age", "lease", "late_commit", "forget_lanes")] == [
        "5s",
        "500ms",
        "1m",
        "5m",
        "1d",
    ]


def test_an_editor_that_trusts_the_schema_marks_what_we_refuse() -> None:
    good = {"sources": [{"name": "a", "dsn": "host=h", "timeout": "5s"}]}
    bad = {"sources": [{"name": "a b", "dsn": 5, "timeout": "5x", "max_age": -1, "tabel": 1}]}
    validator = Draft202012Validator(schema.described())
    assert list(validator.iter_errors(good)) == []
    assert len(list(validator.iter_errors(bad))) == 5


@pytest.mark.parametrize("kind", [types.Duration, types.DurationOrZero])
def test_every_type_of_duration_has_a_format(kind: type) -> None:
    assert kind in schema.DURATION_FORMATS


def test_the_schema_has_every_type_of_the_configuration() -> None:
    structs = {
        name
        for module in schema.MODULES
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and not name.startswith("_")
    }
    assert {name for name, shape in DEFINITIONS.items() if shape.get("type") == "object"} == structs - {
        "AlertChange",
        "Strict",
        "Struct",
    }


def defaults_of(shape: object) -> Iterator[dict[str, Any]]:
    if isinstance(shape, dict):
        if "default" in shape:
            yield shape
        for key, inner in shape.items():
            if key != "default":
                yield from defaults_of(inner)
    elif isinstance(shape, list):
        for inner in shape:
            yield from defaults_of(inner)
