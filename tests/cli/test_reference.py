"""Commands, options and examples as `--help` has them, and the page that is made from them."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main, reference
from jobqueue_exporter.cli.reference import Command

COMMANDS = reference.commands()


def named(command: Command) -> str:
    return command.path


def helped(command: Command) -> str:
    words = [*command.path.split(), "--help"]
    return CliRunner().invoke(main, words, terminal_width=1000, max_content_width=1000).stdout


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_help_has_every_option_and_argument(command: Command) -> None:
    shown = " ".join(helped(command).split())
    for option in command.options:
        assert all(name in shown for name in option.names)
        assert option.help in shown
    assert all(argument in shown for argument in command.arguments)


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_help_has_examples_and_each_would_be_understood(command: Command) -> None:
    assert command.examples
    assert all(example in helped(command) for example in command.examples)
    assert [reference.problem(example) for example in command.examples if reference.problem(example)] == []
    assert any(f"jobqueue {command.path}" in example for example in command.examples)


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_every_option_says_what_it_does(command: Command) -> None:
    assert [option.names for option in command.options if not option.help and "--output" not in option.names] == []


def test_the_page_has_every_command_with_its_options_and_examples() -> None:
    page = reference.page()
    for command in COMMANDS:
        section = page.split(f"\n## {command.path}\n")[1].split("\n## ")[0]
        assert all(f"`{name}`" in section for option in command.options for name in option.names)
        assert all(example in section for example in command.examples)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("jobqueue dlq lst", "No such command 'lst'"),
        ("jobqueue dlq list --limits 5", "No such option '--limits'"),
        ("jobqueue dlq list --status lost", "'lost' is not one of"),
        ("jobqueue jobs status", "Missing argument"),
        ("jobqueue once | jobqueue dlq lst", "No such command 'lst'"),
        ("psql -c 'select 1'", "there is no jobqueue in it"),
        ("jobqueue dlq list --match 'abc", "quot"),
    ],
)
def test_a_line_that_would_be_refused_is_told_with_the_reason(line: str, said: str) -> None:
    found = reference.problem(line)
    assert found.startswith(f"{line}: ")
    assert said in found


@pytest.mark.parametrize(
    "line",
    [
        "jobqueue dlq list --kind TRANSCRIBE | head -n 3",
        "DATABASE_URL=postgresql:///app jobqueue jobs stats > stats.txt",
        "jobqueue jobs status 7 --source shop",
        "jobqueue --help",
        "jobqueue dlq requeue --help",
    ],
)
def test_a_line_that_would_be_understood_is_no_problem(line: str) -> None:
    assert reference.problem(line) == ""


def test_no_command_is_run_to_look_at_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: click.Command, ctx: click.Context) -> None:
        raise AssertionError("it was run")

    monkeypatch.setattr(click.Command, "invoke", fail)
    assert reference.problem("jobqueue dlq requeue 1 --yes") == ""
