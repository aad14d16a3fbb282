"""Every command of the runbooks, pasted as it stands into a bare shell beside a demo of what its page is about."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobqueue_exporter.bundle import configured, page, runbooks
from jobqueue_exporter.bundle.page import Fence
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.demo import stage
from jobqueue_exporter.demo.scenarios import SCENARIOS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SCENARIO = {
    "backlog": "backlog",
    "workers": "stuck",
    "failures": "poison",
    "dead-letter-queue": "poison",
    "readiness": "ffmpeg-missing",
    "procedures/backend-readiness": "ffmpeg-missing",
    "procedures/backlog": "backlog",
    "procedures/capacity": "backlog",
    "procedures/dead-letters-behind-apis": "poison",
    "procedures/debug-a-job": "stuck",
    "procedures/debug-workers": "stuck",
    "procedures/incident-checklist": "stuck",
    "procedures/requeue": "poison",
}
# What a machine may lack; a block that calls one of these says platform="…".
ELSEWHERE = ("jq", "psql", "curl", "redis-cli", "docker", "kubectl", "systemctl", "journalctl", "helm", "node", "npm")
ABSENT = """#!/bin/sh
echo "$0: command not found" >&2
exit 127
"""
# A call in the middle of a pipe or a list has an exit status that the block hides.
OURS = """#!/bin/sh
"{program}" "$@"
status=$?
[ $status -le 1 ] || echo "bad status $status of: jobqueue $*" >&2
exit $status
"""
WRONG = (
    "Traceback",
    "command not found",
    "No such option",
    "No such command",
    "Usage: ",
    "unbound variable",
    "syntax error",
    "bad status ",
)
SECONDS = "60"
AT_A_TIME = 3
# By the text of the block.
Ended = dict[str, subprocess.CompletedProcess[str]]

PAGES = {each.name: each for each in runbooks.pages(configured.bundle(Config(sources=())))}


def tried(fence: Fence) -> bool:
    return bool(fence.mark) and "platform" not in fence.marks


SECTIONS = sorted(
    {
        (SCENARIO.get(name, "healthy"), name, fence.section)
        for name, each in PAGES.items()
        for fence in each.fences
        if tried(fence)
    }
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with our command and what any machine has, and nothing else."""
    folder = tmp_path_factory.mktemp("bin")
    mine = Path(sys.executable).parent
    for name, text in {**dict.fromkeys(ELSEWHERE, ABSENT), "jobqueue": OURS.format(program=mine / "jobqueue")}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return f"{folder}:{mine}:/usr/bin:/bin"


@pytest.fixture(scope="module")
def ended(request: pytest.FixtureRequest, programs: str, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """How each block of the pages of a scenario ended beside its demo; one that stands twice is run once."""
    scenario = request.param
    sections: list[list[str]] = []
    seen: set[str] = set()
    for _, name, section in (each for each in SECTIONS if each[0] == scenario):
        texts = [each.text for each in PAGES[name].fences if each.section == section and tried(each)]
        sections.append([text for text in dict.fromkeys(texts) if text not in seen])
        seen.update(texts)
    with stage.opened(SCENARIOS[scenario], lambda _: None) as demo, ThreadPoolExecutor(AT_A_TIME) as pool:

        def run(texts: list[str]) -> Ended:
            home = tmp_path_factory.mktemp("home")
            env = {"DATABASE_URL": demo.dsn, "PATH": programs, "HOME": str(home), "LANG": "C.UTF-8"}
            return {text: pasted(text, home, env) for text in texts}

        return {text: how for part in pool.map(run, sections) for text, how in part.items()}


def pasted(text: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # With -u: a person may land in the middle, so no block lives on a variable of another.
    return subprocess.run(
        ["timeout", SECONDS, "bash", "-u", "-c", text],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("ended", "name", "section"),
    SECTIONS,
    ids=[f"{scenario}-{name}-{section}" for scenario, name, section in SECTIONS],
    indirect=["ended"],
)
def test_commands_run_as_they_stand(ended: Ended, name: str, section: str) -> None:
    for fence in PAGES[name].fences:
        if fence.section == section and tried(fence):
            how = ended[fence.text]
            told = f"{PAGES[name].place}:{fence.line}\n{fence.text}\nended with {how.returncode}\n{how.stdout}"
            assert how.returncode in (0, 1), told
            assert [word for word in WRONG if word in how.stdout] == [], told


def test_each_page_has_a_scenario_that_there_is() -> None:
    assert set(SCENARIO) <= set(PAGES)
    assert set(SCENARIO.values()) <= set(SCENARIOS)


def test_what_is_not_tried_says_why_just_before() -> None:
    unsaid = []
    for each in PAGES.values():
        lines = Path(each.place).read_text().split("\n")
        for fence in each.fences:
            before = [line.strip() for line in lines[: fence.line - 1] if line.strip()][-1]
            if "platform" in fence.marks and not (fence.marks["platform"] and before.endswith((":", "."))):
                unsaid.append(f"{each.place}:{fence.line}: {before}")
    assert unsaid == []


def test_every_block_of_shell_is_marked() -> None:
    unmarked = [
        f"{each.place}:{fence.line}"
        for each in PAGES.values()
        for fence in each.fences
        if fence.language in ("sh", "bash", "shell", "console") and fence.mark not in page.MARKS
    ]
    assert unmarked == []
