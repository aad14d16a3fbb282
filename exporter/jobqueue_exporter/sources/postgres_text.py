"""Text of a database that keeps bytes as they came: none of it may end a reading."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.string import TextLoader

_TYPES = ("text", "name")


class _AnyText(TextLoader):
    """Text in which bytes that are no UTF-8 are replaced; a SQL_ASCII database holds such."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode("utf-8", "replace")


def encoding(connection: psycopg.Connection[Any]) -> str:
    """The encoding to talk in: UTF8, unless the database knows none and would refuse to convert."""
    kept_in = connection.info.parameter_status("server_encoding")
    return "SQL_ASCII" if kept_in == "SQL_ASCII" else "UTF8"


def read_any_text(connection: psycopg.Connection[Any]) -> None:
    """From now on, text from this connection can always be read."""
    for name in _TYPES:
        connection.adapters.register_loader(name, _AnyText)
