"""What we ship: the wheel, made from the sdist, and installed alone in an empty environment."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobqueue_exporter import __version__
from jobqueue_exporter.cli import COMMANDS
from jobqueue_exporter.demo import account, binaries

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[1]
DATA = ("alerts", "grafana", "runbooks")
NEEDS_AN_EXTRA = re.compile(r"jobqueue_exporter\.(sources\.(redis|http)|engines\.(bullmq|readiness|http_json))")
IMPORT_ALL = """
import importlib, pathlib, jobqueue_exporter
package = pathlib.Path(jobqueue_exporter.__file__).parent
for file in sorted(package.rglob("*.py")):
    name = file.relative_to(package.parent).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        print(name, "needs", error.name)
    else:
        print(name)
"""


def call(*command: str | Path, environ: dict[str, str] | None = None) -> str:
    """What the command prints, run away from the checkout; a failure shows its stderr."""
    done = subprocess.run(command, cwd="/", env=environ or environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stderr}"
    return done.stdout


def environment(**more: str) -> dict[str, str]:
    """Ours, without what would lead back to the checkout or to somebody's database."""
    return {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "DATABASE_URL"}} | more


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--outdir", out, ROOT)
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of an environment that holds the wheel and what it asks for."""
    home = tmp_path_factory.mktemp("alone") / "venv"
    call(sys.executable, "-m", "venv", home)
    call(home / "bin/python", "-m", "pip", "install", "--quiet", wheel)
    return home / "bin"


@pytest.fixture(scope="module")
def postgres_programs() -> Iterator[Path]:
    """Stands for the Postgres that a machine may have, or the one that the [demo] extra brings."""
    user = account.unprivileged()
    home = account.make_home(user)
    yield binaries.find(user, home)
    shutil.rmtree(home)


def test_the_wheel_holds_the_package_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"jobqueue_exporter", f"jobqueue_exporter-{__version__}.dist-info"}
    assert "jobqueue_exporter/py.typed" in names


@pytest.mark.parametrize("folder", DATA)
def test_the_wheel_holds_the_folder_as_it_is(wheel: Path, folder: str) -> None:
    prefix = f"jobqueue_exporter/_data/{folder}/"
    with zipfile.ZipFile(wheel) as archive:
        shipped = {
            name.removeprefix(prefix): archive.read(name) for name in archive.namelist() if name.startswith(prefix)
        }
    source = ROOT / folder
    assert shipped == {
        path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*") if path.is_file()
    }


def test_what_is_installed_reads_the_folders_it_brought(alone: Path) -> None:
    script = f"from jobqueue_exporter import paths\nfor name in {DATA}: print(paths.data(name))"
    folders = [Path(line) for line in call(alone / "python", "-c", script).splitlines()]
    assert [folder.name for folder in folders] == list(DATA)
    assert all(folder.is_relative_to(alone.parent) and folder.is_dir() for folder in folders)


def test_only_what_reads_redis_and_http_apis_needs_an_extra(alone: Path) -> None:
    told = call(alone / "python", "-c", IMPORT_ALL).splitlines()
    here = (ROOT / "exporter/jobqueue_exporter").rglob("*.py")
    modules = {path.relative_to(ROOT / "exporter").with_suffix("").as_posix().replace("/", ".") for path in here}
    assert {line.split()[0] for line in told} == {name.removesuffix(".__init__") for name in modules}
    needing = [line.split()[0] for line in told if " needs " in line]
    assert needing
    assert [name for name in needing if not NEEDS_AN_EXTRA.match(name)] == []


def test_the_command_says_its_version(alone: Path) -> None:
    assert call(alone / "jobqueue", "--version") == f"jobqueue {__version__}\n"


def test_the_command_lists_its_commands(alone: Path) -> None:
    told = call(alone / "jobqueue", "--help")
    assert [name for name in COMMANDS if f"\n  {name} " not in told] == []


def test_the_demo_lives_and_once_reads_its_database(alone: Path, postgres_programs: Path) -> None:
    demo = subprocess.Popen(
        [alone / "jobqueue", "demo", "--web.listen-address=127.0.0.1:0"],
        cwd="/",
        env=environment(PGBIN=str(postgres_programs)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with demo:
        try:
            url, dsn = addresses_told(demo)
            scraped = urllib.request.urlopen(url, timeout=10).read().decode()
            read = call(alone / "jobqueue", "once", environ=environment(DATABASE_URL=dsn))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate()
    assert demo.returncode == 0
    assert up(scraped) == [1]
    assert up(read) == [1]
    assert "\njobqueue_jobs{" in scraped
    assert "\njobqueue_jobs{" in read


def addresses_told(demo: subprocess.Popen[str]) -> tuple[str, str]:
    """The URL of /metrics and that of the database, from what the demo says when it is ready."""
    assert demo.stdout is not None
    told = ""
    for line in demo.stdout:
        told += line
        url = re.search(r"http://\S+/metrics", told)
        dsn = re.search(r"postgresql://[^\s'\"]+", told)
        if url and dsn:
            return url.group(), dsn.group()
    pytest.fail(f"the demo ended, having said:\n{told}")


def up(metrics: str) -> list[float]:
    return [float(value) for value in re.findall(r"^jobqueue_source_up\{.*\} (\S+)$", metrics, re.MULTILINE)]
