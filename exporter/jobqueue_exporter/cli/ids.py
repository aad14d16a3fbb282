"""The ids that a command was given: as arguments, or one a line on stdin."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import click

LONGEST = 1_000
_STDIN = "-"
_CUT = "…"

argument = click.argument("ids", nargs=-1, metavar="ID...")


def given(arguments: Sequence[str]) -> tuple[str, ...]:
    """The ids, each once, in the order they were given. For `-` the lines of stdin are read: the first word of each,
    or the "id" of a JSON object; blank lines and those that start with # are none.

    What no id can be is passed on, cut to LONGEST, for its source to say that it has no such job.

    Raises:
        click.UsageError: there are none.
    """
    ids = dict.fromkeys(_clean(one) for argument in arguments for one in _named(argument) if one)
    if not ids:
        raise click.UsageError("no id was given; name one or more, or `-` to read them from stdin, one a line")
    return tuple(ids)


def _named(argument: str) -> Iterator[str]:
    if argument != _STDIN:
        yield argument.strip()
        return
    for line in _lines(sys.stdin.buffer):
        yield _of_line(line.decode("utf-8-sig", "replace").strip())


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines, of each so much as can hold any job of an export."""
    longest = 16 * 1024 * 1024
    while line := stream.readline(longest):
        yield line
        while line and not line.endswith(b"\n"):
            line = stream.readline(longest)


def _of_line(line: str) -> str:
    """The id in a line; empty where there is none."""
    if not line or line.startswith("#"):
        return ""
    if line.startswith("{"):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return line.split(maxsplit=1)[0]
        # A number too, as in the rows of many tables.
        if isinstance(found, dict) and isinstance(found.get("id"), str | int):
            return str(found["id"])
    return line.split(maxsplit=1)[0]


def _clean(job_id: str) -> str:
    """The id as text that any source can be asked for: without NUL, and fit for UTF-8."""
    text = job_id.replace("\0", "�").encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}{_CUT}"
