from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobqueue_exporter.demo.account import make_home, unprivileged


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory for temporary files, for this test."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        path = Path(directory)
        monkeypatch.setattr(tempfile, "tempdir", str(path))
        yield path
        path.chmod(0o700)


def home_of_unprivileged() -> Path:
    account = unprivileged()
    home = make_home(account)
    assert account.run("touch", home / "file").returncode == 0
    shutil.rmtree(home)
    return home


def test_postgres_never_runs_as_root() -> None:
    assert unprivileged().run("id", "-u").stdout.strip() != "0"


def test_the_home_is_among_the_temporary_files_when_the_user_can_write_there(base: Path) -> None:
    base.chmod(0o777)
    assert home_of_unprivileged().parent == base


def test_a_temporary_directory_that_the_user_cannot_enter_is_passed_over(base: Path) -> None:
    base.chmod(0o000)
    assert home_of_unprivileged().parent != base
    base.chmod(0o700)
    assert [*base.iterdir()] == []


def test_a_path_too_long_for_a_unix_socket_is_passed_over(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = base / ("d" * 100)
    deep.mkdir()
    base.chmod(0o777)
    deep.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert len(str(home_of_unprivileged())) <= 85
