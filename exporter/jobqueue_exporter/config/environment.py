"""The environment, and a `.env` beside the configuration that adds to it.

`python -m jobqueue_exporter.config.environment` prints `.env.example`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that we read; `in_file` if `.env` may hold it."""

    name: str
    example: str
    meaning: str
    in_file: bool = True


VARIABLES = (
    Variable(
        "DATABASE_URL",
        "postgresql://jobqueue_exporter:password@localhost:5432/app",
        "The database to read when there is no jobqueue.yml; ${DATABASE_URL} in one refers to it.",
    ),
    Variable(
        "REDIS_URL",
        "redis://jobqueue_exporter:password@localhost:6379/0",
        "The Redis to read when there is no jobqueue.yml; ${REDIS_URL} in one refers to it.",
    ),
    Variable(
        "JOBQUEUE_USER",
        "anna",
        "Who is written down for changes of jobs; else the user who called, or called sudo.",
        in_file=False,
    ),
    Variable(
        "SUDO_USER",
        "anna",
        "Set by sudo: who called it, and is written down for changes of jobs.",
        in_file=False,
    ),
    Variable(
        "PGBIN",
        "/usr/lib/postgresql/17/bin",
        "Where `jobqueue demo` finds the programs of Postgres; else it looks for them.",
        in_file=False,
    ),
    Variable("NO_COLOR", "1", "Where it is set, nothing is coloured.", in_file=False),
    Variable("TERM", "dumb", "Where it is dumb, nothing is coloured.", in_file=False),
)

_ASSIGNMENT = re.compile(
    r"""[ \t]* (?:export[ \t]+)? (?P<name>[A-Za-z_]\w*) [ \t]*=[ \t]*
        (?: '(?P<single>[^']*)' | "(?P<double>(?:[^"\\]|\\.)*)" | (?P<bare>[^'"\s\#][^\n]*?)?? )
        (?: [ \t]+\#[^\n]* | [ \t]* ) (?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_NOTHING = re.compile(r"[ \t]*(?:\#[^\n]*)?(?:\n|\Z)")
_ESCAPE = re.compile(r"\\([nrt\"\\$])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def variables(directory: Path, environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables of `environ` and, where it lacks them, of the `.env` in `directory`; and its problems."""
    file = directory / ".env"
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return dict(environ), ()
    except OSError as error:
        return dict(environ), (f"{file}: cannot be read: {error.strerror}",)
    except UnicodeDecodeError:
        return dict(environ), (f"{file}: not UTF-8; save the file in that encoding",)
    values, bad_lines = parse(text)
    problems = tuple(f"{file}:{line}: expected NAME=value, with quotes closed" for line in bad_lines)
    return values | dict(environ), problems


def parse(text: str) -> tuple[dict[str, str], tuple[int, ...]]:
    r"""The variables of a `.env`, and the numbers of lines that are none.

    A value may stand in single quotes (taken as it is), in double quotes (\n, \r, \t, \", \\ and \$
    are escapes), or bare, where a space and # start a comment. Quoted values may have several lines.
    """
    values: dict[str, str] = {}
    bad: list[int] = []
    position = 0
    while position < len(text):
        if nothing := _NOTHING.match(text, position):
            position = nothing.end()
        elif found := _ASSIGNMENT.match(text, position):
            values[found["name"]] = _value(found)
            position = found.end()
        else:
            bad.append(text.count("\n", 0, position) + 1)
            position = text.find("\n", position) + 1 or len(text)
    return values, tuple(bad)


def example() -> str:
    """The text of `.env.example`."""
    parts = ["# Copy to .env beside jobqueue.yml. The real environment wins over this file.\n"]
    for variable in VARIABLES:
        scope = "" if variable.in_file else " Read from the real environment only.\n# "
        assignment = f"{variable.name}={variable.example}\n"
        parts.append(f"\n# {variable.meaning}{scope}{'' if scope else chr(10)}{assignment}")
    parts.append("\n# Any other name that jobqueue.yml refers to as ${NAME} can be set here too.\n")
    return "".join(parts)


def _value(found: re.Match[str]) -> str:
    if found["single"] is not None:
        return found["single"]
    if found["double"] is not None:
        return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), found["double"])
    return found["bare"] or ""


if __name__ == "__main__":
    print(example(), end="")
