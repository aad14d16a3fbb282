from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import tooling

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder taken for .tools, empty; $PATH holds nothing either."""
    monkeypatch.setattr(tooling, "TOOLS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JOBQUEUE_REQUIRE_TOOLS", raising=False)
    return tmp_path


def test_a_tool_that_is_there_is_found(nothing_found: Path) -> None:
    program = nothing_found / "bin" / "promtool"
    program.parent.mkdir()
    program.touch(mode=0o755)
    assert tooling.tool("promtool") == program


def test_a_missing_tool_skips_the_test_with_the_reason(nothing_found: Path) -> None:
    (nothing_found / "missing").write_text("no apt here\n")
    with pytest.raises(pytest.skip.Exception, match=r"^needs promtool: no apt here$"):
        tooling.tool("promtool")


def test_a_missing_tool_fails_the_test_where_tools_are_required(
    nothing_found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBQUEUE_REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match=r"^needs promtool: run `make tools`$"):
        tooling.tool("promtool")


def test_a_machine_without_apt_is_told_so_and_can_still_run_the_other_tests(tmp_path: Path) -> None:
    commands = tmp_path / "commands"
    commands.mkdir()
    for name in ("bash", "cat", "dirname", "mkdir", "mktemp", "rm"):
        (commands / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name}"))
    done = subprocess.run(
        [commands / "bash", ROOT / ".ci/tools"],
        env={"PATH": str(commands), "JOBQUEUE_TOOLS": str(tmp_path / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tools: this machine has no apt-get and dpkg; tests that need ")
    assert (tmp_path / "tools/missing").read_text() == "this machine has no apt-get and dpkg\n"


def test_a_browser_unpacked_for_itself_is_found_and_says_itself_why_it_is_missing(nothing_found: Path) -> None:
    (nothing_found / "chromium/bin").mkdir(parents=True)
    (nothing_found / "missing").write_text("no apt here\n")
    (nothing_found / "chromium/missing").write_text("no such package\n")
    with pytest.raises(pytest.skip.Exception, match=r"^needs chromium: no such package$"):
        tooling.tool("chromium")
    program = nothing_found / "chromium/bin/chromium"
    program.touch(mode=0o755)
    assert tooling.tool("chromium") == program
