from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter import __version__
from jobqueue_exporter.cli import COMMANDS, logs, main
from jobqueue_exporter.cli.group import LazyGroup
from jobqueue_exporter.errors import ConfigError, JobQueueError, Unreachable

HEAVY = ["hypercorn", "jinja2", "prometheus_client", "psycopg", "rich", "ruamel.yaml", "starlette", "yaml"]


def loaded_by(*arguments: str) -> set[str]:
    """Which of the heavy modules a run of `jobqueue` with these arguments has loaded."""
    script = (
        "import contextlib, io, sys\n"
        "from jobqueue_exporter.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "    main(sys.argv[1:], standalone_mode=False)\n"
        "assert 'Usage:' in out.getvalue()\n"
        f"print(*sys.modules.keys() & {HEAVY})\n"
    )
    command = [sys.executable, "-c", script, *arguments]
    return set(subprocess.check_output(command, text=True, env=environment()).split())


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def run(command: Callable[[], None]) -> Result:
    """What comes of a group whose only command is this function."""
    group = LazyGroup("group", package="none", summaries={})
    group.add_command(click.Command("command", callback=command))
    return CliRunner().invoke(group, ["command"])


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


def test_help_lists_every_command_with_its_summary_in_order_of_use() -> None:
    listed = CliRunner().invoke(main, ["--help"]).stdout.split("Commands:\n")[1].split("\n\n")[0]
    assert [tuple(line.split(maxsplit=1)) for line in listed.splitlines()] == [*COMMANDS.items()]


def test_help_imports_nothing_heavy() -> None:
    assert loaded_by("--help") == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_listed_can_be_imported(name: str) -> None:
    with click.Context(main) as context:
        command = main.get_command(context, name)
    assert command is not None
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_imports_nothing_heavy(name: str) -> None:
    assert loaded_by(name, "--help") == set()


def test_version_is_the_package_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout == f"jobqueue {__version__}\n"


def test_a_mistyped_command_is_answered_with_the_likely_one() -> None:
    result = CliRunner().invoke(main, ["srve"])
    assert result.exit_code == 2
    assert "No such command 'srve'" in result.stderr
    assert "serve" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a.yml:1: x", "a.yml:2: y"), 2),
        (Unreachable("no database"), 1),
        (JobQueueError("stopped"), 1),
    ],
)
def test_an_error_of_ours_is_its_text_on_stderr_and_an_exit_code(error: JobQueueError, code: int) -> None:
    result = run(raising(error))
    assert (result.stdout, result.stderr, result.exit_code) == ("", f"{error}\n", code)


def test_an_error_without_a_text_still_says_something() -> None:
    assert run(raising(Unreachable())).stderr == "Unreachable\n"


def test_ctrl_c_ends_with_130_and_no_traceback() -> None:
    result = run(lambda: os.kill(os.getpid(), signal.SIGINT))
    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 130)


def test_a_reader_that_went_away_causes_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "jobqueue_exporter", "--help"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        env=environment(),
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_commands_that_read_for_others_log_their_events_and_the_rest_only_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[bool, bool]] = []
    monkeypatch.setattr(logs, "configure", lambda *, verbose, events: asked.append((verbose, events)))
    for arguments in (["once"], ["--verbose", "once"], ["doctor"], ["--verbose", "doctor"]):
        CliRunner().invoke(main, [*arguments, "--help"])
    assert asked == [(False, True), (True, True), (False, False), (True, False)]
