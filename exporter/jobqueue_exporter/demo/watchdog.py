"""A small process that clears up after a throw-away Postgres when we could not, as after SIGKILL."""

from __future__ import annotations

import subprocess
from pathlib import Path

from jobqueue_exporter.demo.account import Account

# A line on the pipe dismisses it; the pipe's end without one means that its owner is dead. Removing
# is tried again because an initdb that lost its parent may still be writing.
_SCRIPT = """
read -r _ && exit 0
for _ in 1 2 3; do
  "$1" -D "$2/data" -m immediate -w stop
  rm -rf "$2" && exit 0
  sleep 1
done
"""


class Watchdog:
    """Stops the Postgres in `home` and removes `home` as soon as this process ends, however it ends."""

    def __init__(self, account: Account, pg_ctl: Path, home: Path) -> None:
        self._process = account.start(
            "sh", "-c", _SCRIPT, "sh", pg_ctl, home, stdin=subprocess.PIPE, output=subprocess.DEVNULL
        )

    def dismiss(self) -> None:
        """Let it go without doing anything."""
        try:
            self._process.communicate(b"done\n")
        except BrokenPipeError:
            self._process.wait()
