"""The operating-system user that a throw-away Postgres runs as, and the directory it lives in."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobqueue_exporter.errors import JobQueueError

_NOT_ROOT = ("postgres", "nobody")
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# A unix socket's path ends at 104 bytes on macOS and 108 on Linux; ours adds ".s.PGSQL.65535".
_LONGEST_HOME = 85


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs Postgres; no ids means the user that we are."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @property
    def _groups(self) -> Sequence[int] | None:
        return None if self.uid is None else []

    @property
    def _environment(self) -> Mapping[str, str]:
        # A short list: PGDATA and the like would redirect Postgres, and secrets are none of its business.
        return {"LC_ALL": "C"} | {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """The command, run to its end as this user in `/`, with its output as text."""
        return subprocess.run(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=self._groups,
            env=self._environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def start(self, *command: str | Path, stdin: int, output: int) -> subprocess.Popen[bytes]:
        """The command, started as this user in a session of its own, so that Ctrl-C does not reach it."""
        return subprocess.Popen(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=self._groups,
            env=self._environment,
            cwd="/",
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def take(self, path: Path) -> None:
        """Make this user the owner of the file, or of the directory and all in it."""
        if self.uid is None or self.gid is None:
            return
        for taken in (path, *path.rglob("*")):
            os.chown(taken, self.uid, self.gid, follow_symlinks=False)


def unprivileged() -> Account:
    """The user that we are or, as root, one that Postgres agrees to run as. Raises JobQueueError."""
    if os.geteuid() != 0:
        return Account(name=str(os.geteuid()))
    for name in _NOT_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise JobQueueError(
        f"Postgres does not run as root, and there is no user {' or '.join(_NOT_ROOT)}: start as another user"
    )


def make_home(account: Account) -> Path:
    """A new directory that only this user (and root) can enter. Raises JobQueueError."""
    bases = dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp"))
    for base in bases:
        if len(os.fsencode(base)) > _LONGEST_HOME - len("/jobqueue-demo-12345678"):
            continue
        try:
            home = Path(tempfile.mkdtemp(prefix="jobqueue-demo-", dir=base))
        except OSError:
            continue
        account.take(home)
        if account.run("sh", "-c", 'test -w "$1"', "sh", home).returncode == 0:
            return home
        shutil.rmtree(home)
    raise JobQueueError(
        f"no directory for a temporary database: user {account.name} can write to none of "
        f"{', '.join(bases)}; set TMPDIR to one with a short path"
    )
