"""Every command as its own `--help` has it; `python -m jobqueue_exporter.cli.reference` prints `CLI.md`.

Runbooks and pages are checked against it by `problem`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import click

from jobqueue_exporter.cli import main
from jobqueue_exporter.cli.shell_line import programs


@dataclass(frozen=True, slots=True)
class Option:
    """An option: all its spellings, what it takes (empty for a switch), its help and its default."""

    names: tuple[str, ...]
    takes: str
    help: str
    default: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `path` as in `dlq requeue`, its help, what follows it, its options and its examples."""

    path: str
    help: str
    arguments: tuple[str, ...]
    options: tuple[Option, ...]
    examples: tuple[str, ...]


def commands() -> tuple[Command, ...]:
    """Every command that does something, groups left out, in the order of `--help`."""
    return tuple(_walked(main, click.Context(main, info_name="jobqueue"), ()))


def problem(line: str) -> str:
    """Why a line of shell such as `jobqueue dlq list --limit 5 | wc -l` would be refused before it does anything;
    empty if it would not. Programs other than ours are not looked at."""
    try:
        ours = [words for name, *words in programs(line) if name == "jobqueue"]
    except ValueError as error:
        return f"{line}: {error}"
    if not ours:
        return f"{line}: there is no jobqueue in it"
    try:
        for words in ours:
            with suppress(click.exceptions.Exit):
                _parsed(main, "jobqueue", words, None)
    except click.ClickException as error:
        return f"{line}: {error.format_message()}"
    return ""


def page() -> str:
    """The text of `CLI.md`."""
    parts = [_HEAD]
    for command in commands():
        usage = " ".join(["jobqueue", command.path, *(["[OPTIONS]"] if command.options else []), *command.arguments])
        parts.append(f"## {command.path}\n\n{command.help}\n\n```\n{usage}\n```\n")
        parts += [_table(command.options)] if command.options else []
        parts += ["```sh\n" + "\n".join(command.examples) + "\n```\n"] if command.examples else []
    return "\n".join(parts)


_HEAD = """# Commands

Made by `make generated` from what `--help` says. Results go to stdout, the rest to stderr. Exit code 0: healthy, or \
done; 1: degraded, or failed; 2: wrong usage or configuration; 130: interrupted.
"""


def _walked(command: click.Command, context: click.Context, path: tuple[str, ...]) -> Iterator[Command]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _walked(found, click.Context(found, info_name=name, parent=context), (*path, name))
        return
    yield Command(
        path=" ".join(path),
        help=_paragraphs(command.help or ""),
        arguments=tuple(
            part
            for one in command.get_params(context)
            if isinstance(one, click.Argument)
            for part in one.get_usage_pieces(context)
        ),
        options=tuple(_option(one, context) for one in command.params if isinstance(one, click.Option)),
        examples=_examples(command.epilog or ""),
    )


def _option(option: click.Option, context: click.Context) -> Option:
    told = option.to_info_dict()
    plain = told["default"] if isinstance(told["default"], str | int | float) else ""
    return Option(
        names=(*option.opts, *option.secondary_opts),
        takes="" if option.is_flag else option.make_metavar(context),
        help=" ".join((option.help or "").split()),
        default="" if option.is_flag or option.multiple else str(plain),
    )


def _examples(epilog: str) -> tuple[str, ...]:
    """The lines under `Examples:`, without what explains them."""
    lines = (line.strip() for line in epilog.splitlines())
    return tuple(line.partition("   ")[0].rstrip() for line in lines if "jobqueue " in line)


def _paragraphs(text: str) -> str:
    parts = (part for part in text.replace("\b", "").split("\n\n"))
    return "\n\n".join(" ".join(part.split()) for part in parts)


def _parsed(command: click.Command, name: str, words: list[str], parent: click.Context | None) -> None:
    """Parses the words as the command would, and does not run it."""
    with command.make_context(name, list(words), parent=parent) as context:
        if not isinstance(command, click.Group):
            return
        found, chosen, left = command.resolve_command(context, [*context._protected_args, *context.args])
        assert chosen is not None
        _parsed(chosen, found or name, left, context)


def _table(options: tuple[Option, ...]) -> str:
    rows = ["| option | what it does |", "| --- | --- |"]
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.names)
        takes = f" `{option.takes}`".replace("|", "\\|") if option.takes else ""
        default = f" Default: `{option.default}`." if option.default else ""
        rows.append(f"| {names}{takes} | {option.help}{default} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    click.echo(page(), nl=False)
