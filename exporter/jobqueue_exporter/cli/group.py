"""A group of commands that are imported when they are run, and whose errors a person can read."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

import click

from jobqueue_exporter.cli import streams
from jobqueue_exporter.errors import ConfigError, JobQueueError

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class _Told(click.ClickException):
    """An error whose text says all; click would put "Error: " before it."""

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


class _ToldOfConfig(_Told):
    exit_code = 2


class LazyGroup(click.Group):
    """Commands by name and summary; `check-config` is `check_config` in the module `<package>.check_config`, or
    `check_config_` where that is the name of something else.

    A JobQueueError ends with its text on stderr: exit 2 for a ConfigError, else 1; a stdout that cannot be written
    ends so with 1. Ctrl-C ends with 130.
    """

    # Any: click.Group takes the rest, and its decorator passes everything by keyword.
    def __init__(self, *args: Any, package: str, summaries: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package = package
        self.summaries = summaries

    # Any: as click has it.
    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run it as the command of this process; in standalone mode it ends it."""
        if not kwargs.get("standalone_mode", True):
            return super().main(*args, **kwargs)
        streams.guard()
        try:
            return super().main(*args, **kwargs)
        except streams.Unwritable as error:
            click.echo(error, err=True)
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order they were written, which is the order of use."""
        return [*self.summaries, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is none of that name."""
        if cmd_name not in self.summaries:
            return super().get_command(ctx, cmd_name)
        attribute = cmd_name.replace("-", "_")
        module = importlib.import_module(f"{self.package}.{attribute}")
        command = getattr(module, f"{attribute}_", None) or getattr(module, attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """What click makes of it, with likely names when there is no such command."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            names = self.list_commands(ctx)
            raise click.NoSuchCommand(error.command_name, possibilities=names, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except JobQueueError as error:
            told = _ToldOfConfig if isinstance(error, ConfigError) else _Told
            raise told(str(error) or type(error).__name__) from error
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
