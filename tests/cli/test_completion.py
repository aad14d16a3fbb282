"""Completion of commands, options and names of sources, as the shell's script asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from jobqueue_exporter.cli.completion import SHELLS

CONFIG = "sources: [{name: shop, dsn: 'postgresql:///shop'}, {name: mail, dsn: 'redis://localhost'}]\n"


def completed(words: str, directory: Path) -> list[str]:
    """What bash would be offered for the last of these words."""
    asked = {"_JOBQUEUE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    program = Path(sys.executable).with_name("jobqueue")
    told = subprocess.run(
        [program], env=os.environ | asked, cwd=directory, capture_output=True, text=True, check=True
    ).stdout
    return [line.partition(",")[2] for line in told.splitlines() if line]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_asks_jobqueue(shell: str) -> None:
    told = CliRunner().invoke(main, ["completion", shell])
    assert told.exit_code == 0
    assert f"_JOBQUEUE_COMPLETE={shell}_complete" in told.stdout


def test_bash_takes_the_script(tmp_path: Path) -> None:
    script = tmp_path / "jobqueue.bash"
    script.write_text(CliRunner().invoke(main, ["completion", "bash"]).stdout)
    command = f"set -e; source {script}; complete -p jobqueue"
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    assert "_jobqueue_completion" in told


def test_commands_are_completed(tmp_path: Path) -> None:
    assert completed("jobqueue dlq requeue", tmp_path) == ["requeue", "requeue-all"]


def test_options_are_completed(tmp_path: Path) -> None:
    assert completed("jobqueue dlq requeue-all --older", tmp_path) == ["--older-than"]


def test_sources_are_completed_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "jobqueue.yml").write_text(CONFIG)
    assert completed("jobqueue dlq list --source s", tmp_path) == ["shop"]
    assert completed("jobqueue jobs stats --source ", tmp_path) == ["shop", "mail"]


def test_a_configuration_that_cannot_be_read_completes_nothing(tmp_path: Path) -> None:
    (tmp_path / "jobqueue.yml").write_text("sources: [")
    assert completed("jobqueue dlq list --source s", tmp_path) == []
