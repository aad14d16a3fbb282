from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobqueue_exporter.config import duration, environment, schema
from jobqueue_exporter.config.document import read
from jobqueue_exporter.config.load import load
from tests.tooling import tool

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ENVIRON = {"DATABASE_URL": "postgres://h/shop"}
COMMENTED = re.compile(r"^(?P<indent> *)# (?P<line> *(?:[a-z_]+:|- ).*)$", re.MULTILINE)


def test_the_example_is_a_configuration() -> None:
    assert [source.name for source in load(EXAMPLES / "jobqueue.yml", ENVIRON).sources] == ["shop", "media"]


def test_the_example_needs_nothing_but_the_database_url() -> None:
    assert re.findall(r"\$\{(\w+)\}", code_of((EXAMPLES / "jobqueue.yml").read_text())) == ["DATABASE_URL"]


def test_what_is_commented_out_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    full = everything(tmp_path)
    definitions = schema.shape()["$defs"]
    told = [line.split("#")[0] for line in (EXAMPLES / "jobqueue.yml").read_text().splitlines()]
    lines = read(EXAMPLES / "jobqueue.yml").lines
    commented = [(where, value) for where, value in leaves(full) if where not in lines]
    assert len(commented) > 30
    assert told
    for where, value in commented:
        default = default_at(definitions, where)
        assert plain(value) == plain(default), f"{where}: the default is {default}"


def test_the_example_has_every_key_that_there_is(tmp_path: Path) -> None:
    full = everything(tmp_path)
    definitions = schema.shape()["$defs"]
    known = {(name, key) for name, shape in definitions.items() for key in shape.get("properties", {})}
    text = (EXAMPLES / "jobqueue.yml").read_text()
    assert "dsn_file" in text
    assert {(owner(where[:-1]), where[-1]) for where, _ in members(full)} | {("Source", "dsn_file")} == known


def test_the_environment_file_is_what_the_code_prints() -> None:
    assert (EXAMPLES / ".env.example").read_text() == environment.example()


def test_prometheus_takes_the_scrape_configuration_in_both_forms(tmp_path: Path) -> None:
    text = (EXAMPLES / "prometheus.yml").read_text()
    plain_form = tmp_path / "plain.yml"
    plain_form.write_text(text)
    head, _, tail = text.partition("#\n#  - job_name: jobqueue\n")
    sharded_form = tmp_path / "sharded.yml"
    job = "".join(f"{line[1:]}\n" for line in f"#  - job_name: jobqueue\n{tail.partition('#\n# With')[0]}".splitlines())
    sharded_form.write_text(f"{head.partition('scrape_configs:')[0]}scrape_configs:\n{job}")
    jobs = [yaml.safe_load(form.read_text())["scrape_configs"] for form in (plain_form, sharded_form)]
    assert [[job["job_name"] for job in each] for each in jobs] == [["jobqueue"], ["jobqueue"]]
    assert "http_sd_configs" in jobs[1][0]
    for form in (plain_form, sharded_form):
        subprocess.run([tool("promtool"), "check", "config", form], check=True, capture_output=True)


def test_the_web_configuration_is_yaml_with_a_user() -> None:
    web = yaml.safe_load((EXAMPLES / "web-config.yml").read_text())
    assert re.fullmatch(r"\$2b\$10\$[./A-Za-z0-9]{53}", web["basic_auth_users"]["prometheus"])


def code_of(text: str) -> str:
    return re.sub(r"(^|\s)#.*", "", text)


def everything(tmp_path: Path) -> dict[str, Any]:
    """The example with all that is commented out in it."""
