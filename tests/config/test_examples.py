from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobqueue_exporter.config import environment, schema
from jobqueue_exporter.config.document import read
from jobqueue_exporter.config.load import load
from jobqueue_exporter.web import web_config
from tests.tooling import tool

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ENVIRON = {"DATABASE_URL": "postgres://h/shop"}
DEFINITIONS: dict[str, Any] = schema.shape()["$defs"]
COMMENTED_OUT = re.compile(r"^( *)# ( *[a-z_]+:.*)$", re.MULTILINE)
INSTEAD_OF_DSN = ("Source", "dsn_file")
WITH_DISCOVERY = "#\n#  - job_name: jobqueue\n"


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """The example with all that is commented out in it."""
    lines = (EXAMPLES / "jobqueue.yml").read_text().splitlines()
    path = tmp_path / "jobqueue.yml"
    path.write_text("\n".join(line if "dsn_file" in line else COMMENTED_OUT.sub(r"\1\2", line) for line in lines))
    return path


def test_the_example_is_a_configuration() -> None:
    assert [source.name for source in load(EXAMPLES / "jobqueue.yml", ENVIRON).sources] == [
        "shop",
        "media",
        "mail",
        "backend",
        "charts",
        "harvester",
    ]


def test_what_is_commented_out_in_the_example_are_the_defaults(everything: Path) -> None:
    assert load(everything, ENVIRON) == load(EXAMPLES / "jobqueue.yml", ENVIRON)
    assert len(read(everything).lines) > len(read(EXAMPLES / "jobqueue.yml").lines) + 30


def test_the_example_has_every_key_that_there_is(everything: Path) -> None:
    known = {(name, key) for name, shape in DEFINITIONS.items() for key in shape.get("properties", ())}
    assert {*keys(DEFINITIONS["Config"], read(everything).data), INSTEAD_OF_DSN} == known


def test_editors_find_the_schema_beside_the_example() -> None:
    first = (EXAMPLES / "jobqueue.yml").read_text().partition("\n")[0]
    assert (EXAMPLES / first.removeprefix("# yaml-language-server: $schema=")).is_file()


def test_the_environment_file_is_what_the_code_prints() -> None:
    assert (EXAMPLES / ".env.example").read_text() == environment.example()


def test_prometheus_takes_the_scrape_configuration(tmp_path: Path) -> None:
    discovery = tmp_path / "prometheus.yml"
    discovery.write_text(with_discovery())
    for file in (EXAMPLES / "prometheus.yml", discovery):
        subprocess.run([tool("promtool"), "check", "config", file], check=True, capture_output=True)


def test_both_scrape_configurations_are_one_job_of_the_name_that_alerts_look_for() -> None:
    plain = yaml.safe_load((EXAMPLES / "prometheus.yml").read_text())["scrape_configs"]
    found = yaml.safe_load(with_discovery())["scrape_configs"]
    assert [(job["job_name"], sorted(job)[1]) for job in plain + found] == [
        ("jobqueue", "scrape_interval"),
        ("jobqueue", "job_name"),
    ]


def test_the_web_configuration_lets_in_a_user() -> None:
    assert list(web_config.load(EXAMPLES / "web-config.yml").users) == ["prometheus"]


def with_discovery() -> str:
    """The scrape configuration with the job that is commented out instead of the other."""
    block = (EXAMPLES / "prometheus.yml").read_text().partition(WITH_DISCOVERY)[2].partition("#\n# With")[0]
    return "scrape_configs:\n  - job_name: jobqueue\n" + re.sub("^#", "", block, flags=re.MULTILINE)


def keys(shape: dict[str, Any], data: Any) -> Iterator[tuple[str, str]]:
    """The type and the name of each key in the data."""
    for alternative in shape.get("anyOf", [shape]):
        resolved = DEFINITIONS.get(alternative.get("$ref", "").rpartition("/")[2], alternative)
        if isinstance(data, list) and "items" in resolved:
            for item in data:
                yield from keys(resolved["items"], item)
        elif isinstance(data, dict) and "properties" in resolved:
            for key, value in data.items():
                yield resolved["title"], key
                yield from keys(resolved["properties"][key], value)
        elif isinstance(data, dict) and isinstance(resolved.get("additionalProperties"), dict):
            for value in data.values():
                yield from keys(resolved["additionalProperties"], value)
