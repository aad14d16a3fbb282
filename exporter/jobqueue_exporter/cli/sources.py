"""Which sources a command is about."""

from __future__ import annotations

from collections.abc import Sequence

from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.errors import ConfigError


def chosen(config: Config, names: Sequence[str]) -> tuple[Source, ...]:
    """The sources of these names, all when none is named.

    Raises:
        ConfigError: a name is not that of a source.
    """
    known = {source.name: source for source in config.sources}
    if unknown := [name for name in names if name not in known]:
        there_are = ", ".join(known)
        raise ConfigError(*(f"--source {name}: no such source; there are: {there_are}" for name in unknown))
    return tuple(source for source in config.sources if not names or source.name in names)


def one(config: Config, name: str | None) -> Source:
    """The source of this name, or the only one there is.

    Raises:
        ConfigError: there is none of that name, or there are several and none is named.
    """
    if name is None and len(config.sources) > 1:
        there_are = ", ".join(source.name for source in config.sources)
        raise ConfigError(f"there are several sources, name one: --source NAME; there are: {there_are}")
    return chosen(config, [name] if name else [])[0]
