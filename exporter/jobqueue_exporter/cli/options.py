"""Options that several commands have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobqueue_exporter.config.duration import seconds

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


_UNITLESS = re.compile(r"[0-9]+(\.[0-9]+)?")


class _SourceName(click.ParamType[str]):
    """The name of a source; completed from ./jobqueue.yml."""

    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so; none where the configuration cannot be read."""
        import os

        from click.shell_completion import CompletionItem

        from jobqueue_exporter.config.load import load
        from jobqueue_exporter.errors import ConfigError

        try:
            names = [source.name for source in load(ctx.params.get("path"), os.environ).sources]
        except ConfigError:
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class Age(click.ParamType[float]):
    """A span such as 90s, 15m, 2h or 3d, in seconds. A number without a unit is none: 5 may mean days as well."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Its seconds."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        if _UNITLESS.fullmatch(text) and float(text):
            self.fail(f"{text} has no unit; write {text}s, {text}m, {text}h or {text}d", param, ctx)
        try:
            return seconds(text)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _single(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one that was given, if any. click would take the last of several, and say nothing of the others."""
    if len(given) > 1:
        raise click.BadParameter(f"may be given once here, not {len(given)} times", ctx, param)
    return given[0] if given else None


config = click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml.")
source = click.option(
    "--source",
    "name",
    type=_SourceName(),
    multiple=True,
    callback=_single,
    metavar="NAME",
    help="Needed where there are several.",
)
sources = click.option(
    "--source", "names", type=_SourceName(), multiple=True, metavar="NAME", help="Only this source; may be repeated."
)
output = click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
full = click.option("--full", is_flag=True, help="Show payloads and errors whole, secrets too.")
yes = click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
dry_run = click.option("--dry-run", is_flag=True, help="Change nothing; say what would be changed.")
queue = click.option("--queue", multiple=True, callback=_single, metavar="NAME", help="Only jobs of this queue.")
kind = click.option("--kind", multiple=True, callback=_single, metavar="NAME", help="Only jobs of this kind.")
