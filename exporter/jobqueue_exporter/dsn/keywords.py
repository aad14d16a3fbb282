"""The keyword form of a connection string: host=db.example.com dbname=app password='with space'."""

from __future__ import annotations

import re

from jobqueue_exporter.errors import ConfigError

_PAIR = re.compile(
    r"""\s*(?P<name>\w+)\s*=\s*
        (?: '(?P<quoted>(?:[^'\\]|\\.)*)' | (?P<bare>(?!')(?:[^\s\\]|\\.)*) )
        (?=\s|$)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def split(text: str) -> dict[str, str]:
    """Its settings by name; of a name given twice the last counts, as in libpq. Raises ConfigError."""
    settings: dict[str, str] = {}
    text, position, number = text.rstrip(), 0, 0
    while position < len(text):
        number += 1
        pair = _PAIR.match(text, position)
        if pair is None:
            raise ConfigError(
                f"setting number {number} of the connection string is broken: "
                r"write a value with a space as name='a value', and \' and \\ for ' and \ in it"
            )
        value = pair["bare"] if pair["quoted"] is None else pair["quoted"]
        settings[pair["name"]] = _ESCAPED.sub(r"\1", value)
        position = pair.end()
    if any("://" in settings.get(name, "") for name in ("host", "user", "dbname")):
        raise ConfigError("a part of the connection string is itself a URL; give that alone")
    return settings
