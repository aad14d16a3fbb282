"""Every command of the runbooks, pasted as it stands into a bare shell beside a demo of what its page is about."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobqueue_exporter.bundle import configured, page, runbooks
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.demo import stage
from jobqueue_exporter.demo.scenarios import SCENARIOS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

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
echo "bash: line 1: $0: command not found" >&2
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
    "bash: ",
    "No such option",
    "No such command",
    "Usage: ",
    "bad status ",
)
SECONDS = "60"
AT_A_TIME = 3
# Where a block stands, and its text.
Placed = tuple[str, str]

PAGES = {each.name: each for each in runbooks.pages(configured.bundle(Config(sources=())))}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with our command and what any machine has, and nothing else."""
    folder = tmp_path_factory.mktemp("bin")
    mine = Path(sys.executable).parent
    for name, text in {**dict.fromkeys(ELSEWHERE, ABSENT), "jobqueue": OURS.format(program=mine / "jobqueue")}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return f"{folder}:{mine}:/usr/bin:/bin"


@pytest.mark.parametrize("scenario", sorted({SCENARIO.get(name, "healthy") for name in PAGES}))
def test_commands_run_as_they_stand(scenario: str, programs: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    sections = once_each(scenario)
    with stage.opened(SCENARIOS[scenario], lambda _: None) as demo, ThreadPoolExecutor(AT_A_TIME) as pool:

        def wrong(section: list[Placed]) -> list[str]:
            home = tmp_path_factory.mktemp("home")
            env = {"DATABASE_URL": demo.dsn, "PATH": programs, "HOME": str(home), "LANG": "C.UTF-8"}
            return [said for place, text in section for said in problems(place, pasted(text, home, env))]

        found = [said for part in pool.map(wrong, sections) for said in part]
    assert found == [], "\n".join(found)


def once_each(scenario: str) -> list[list[Placed]]:
    """The blocks of each section of its pages, in their order; what stands twice is run once, beside the same demo."""
    sections: dict[tuple[str, str], list[Placed]] = {}
    seen: set[str] = set()
    for each in PAGES.values():
        for fence in each.fences if SCENARIO.get(each.name, "healthy") == scenario else ():
            if fence.mark and "platform" not in fence.marks and fence.text not in seen:
                seen.add(fence.text)
                sections.setdefault((each.name, fence.section), []).append((f"{each.place}:{fence.line}", fence.text))
    assert sections
    return list(sections.values())


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


def problems(place: str, ended: subprocess.CompletedProcess[str]) -> list[str]:
    words = [word for word in WRONG if word in ended.stdout]
    if ended.returncode in (0, 1) and not words:
        return []
    return [f"{place}: ended with {ended.returncode}, says {words}:\n{ended.args[-1]}{ended.stdout}"]


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
