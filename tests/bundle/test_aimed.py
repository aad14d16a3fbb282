from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jobqueue_exporter.bundle import aimed, configured, runbooks
from jobqueue_exporter.bundle.commands import calls
from jobqueue_exporter.bundle.page import read
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.cli import reference
from jobqueue_exporter.config.types import Config

SHOP = {"source": "shop", "queue": "mail", "kind": "SEND"}


def test_what_commands_take_is_what_they_take() -> None:
    takes = {
        command.path: tuple(label for label in LANE if any(f"--{label}" in each.names for each in command.options))
        for command in reference.commands()
    }
    assert {path: labels for path, labels in takes.items() if "source" in labels} == aimed.TAKES


@pytest.mark.parametrize(
    ("written", "pasted"),
    [
        ("jobqueue dlq list --limit 1\n", "jobqueue dlq list --source shop --queue mail --kind SEND --limit 1\n"),
        ('jobqueue dlq requeue "$JOB" --yes\n', 'jobqueue dlq requeue --source shop "$JOB" --yes\n'),
        ("jobqueue dlq requeue-all --kind A\n", "jobqueue dlq requeue-all --source shop --queue mail --kind A\n"),
        ("JOB=$(jobqueue dlq stats | wc -l)\n", "JOB=$(jobqueue dlq stats --source shop | wc -l)\n"),
        ("jobqueue jobs stats || true\n", "jobqueue jobs stats --source shop || true\n"),
        ("jobqueue jobs stats; jobqueue ready\n", "jobqueue jobs stats --source shop; jobqueue ready --source shop\n"),
        ("jobqueue check-config\njobqueue once-more\n", "jobqueue check-config\njobqueue once-more\n"),
    ],
)
def test_a_command_is_told_the_lane_by_the_options_that_it_has(written: str, pasted: str) -> None:
    assert aimed.text(f"x\n```sh {{check}}\n{written}```\n", SHOP) == f"x\n```sh {{check}}\n{pasted}```\n"


def test_prose_and_configuration_stay_as_they_are() -> None:
    markdown = "Use `jobqueue dlq list`.\n```yaml\na: jobqueue dlq list\n```\n"
    assert aimed.text(markdown, SHOP) == markdown


@pytest.mark.parametrize("lane", [{}, {"queue": "mail"}, {"source": ""}, {"source": "a\x1b[2J"}])
def test_without_a_source_that_can_be_pasted_nothing_is_added(lane: dict[str, str]) -> None:
    assert aimed.text("```sh\njobqueue dlq list\n```\n", lane) == "```sh\njobqueue dlq list\n```\n"


def test_a_hostile_name_is_one_word_of_the_shell(tmp_path: Path) -> None:
    name = "$(touch x); 'q\" `id` \N{PILE OF POO}"
    block = aimed.commands("jobqueue dlq list\n", {"source": name})
    script = 'jobqueue() { printf %s "$4"; }\n' + block
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (done.stdout, list(tmp_path.iterdir())) == (name, [])


def test_every_command_of_every_runbook_is_understood_with_a_lane(tmp_path: Path) -> None:
    wrong = [
        problem
        for page in runbooks.pages(configured.bundle(Config(sources=())))
        for section in aimed.page(page, SHOP).sections
        for problem in _problems(tmp_path, section.text)
    ]
    assert wrong == []


def _problems(folder: Path, markdown: str) -> list[str]:
    file = folder / "page.md"
    file.write_text(f"# T\n\n## S\n\n{markdown}\n")
    fences = [fence for fence in read(file, "page").fences if fence.language == "sh"]
    return [told for fence in fences for _, call in calls(fence.text) if (told := reference.problem(call))]
