"""Which value of a state column to write so that a job is where a person wants it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.sql.relation import Column, Relation
from jobqueue_exporter.engines.table.words import shown
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

_DEFAULT = """
SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = {oid} AND a.attname = {column}
"""
# Of constraints on this column alone: what the others say depends on the rest of a row.
_CHECKS = """
SELECT pg_get_expr(c.conbin, c.conrelid) FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = {column} AND c.conkey = ARRAY[a.attnum]
WHERE c.conrelid = {oid} AND c.contype = 'c'
"""
_PLAIN = re.compile(r"^'(?:[^']|'')*'(?:::[\w\s.\"()]+)?$")


@dataclass(frozen=True, slots=True)
class Word:
    """A value to write; `new` when it was never seen in the table, and nothing says that it may be there."""

    text: str
    new: bool = False

    @property
    def note(self) -> str:
        """What a person should know of it; mostly nothing."""
        return f"; {shown(self.text)} is a word that the table was not seen to hold before" if self.new else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is known of a state column: `words` mean what is wanted, in the order of the configuration, `configured`
    if a person said so, `observed` were seen in it. `key` is where a person can say which word to write."""

    relation: Relation
    column: Column
    words: Sequence[str]
    observed: Sequence[str]
    configured: bool
    key: str


def word(session: Session, choice: Choice, *, first_is_fine: bool = False) -> Word:
    """The value to write: the column's default, else one that was seen, else one that was configured or that the table
    names itself; where `first_is_fine` and nothing tells, the most usual.

    Raises:
        Refused: nothing tells, or the table can hold none of the words.
    """
    held = _holdable(session, choice)
    observed = [word for word in held if word in choice.observed]
    default = _default(session, choice)
    if default in held:
        return Word(default)
    if observed:
        return Word(observed[0])
    if choice.configured and held:
        return Word(held[0])
    name = f"{choice.relation.label}.{choice.column.name}"
    if not held and choice.words:
        raise Refused(
            f"{name} can hold none of {', '.join(map(shown, choice.words[:4]))}: name its word in {choice.key}"
        )
    if held and _lists_words(session, choice):
        return Word(held[0])
    if first_is_fine and held and not choice.configured:
        return Word(_in_its_style(choice, held), new=True)
    raise Refused(f"nothing tells which word to write into {name}: name it in {choice.key}")


def _holdable(session: Session, choice: Choice) -> list[str]:
    """Those of the words that the type of the column and its own checks let in."""
    labels = choice.column.labels
    words = [word for word in choice.words if not labels or word in labels]
    checks = _checks(session, choice)
    if not words or not checks:
        return words
    column = Identifier(choice.column.name).as_string()
    condition = " AND ".join(f"({check}) IS NOT FALSE" for check in checks)
    values = ", ".join(f"({Literal(word).as_string()}::{choice.column.declared})" for word in words)
    rows = session.rows(f"SELECT {column}::text FROM (VALUES {values}) AS word({column}) WHERE {condition}")
    let_in = {row[0] for row in rows}
    return [word for word in words if word in let_in]


def _lists_words(session: Session, choice: Choice) -> bool:
    """Whether the table itself says which words it may hold."""
    return bool(choice.column.labels) or bool(_checks(session, choice))


def _checks(session: Session, choice: Choice) -> list[str]:
    return [row[0] for row in session.rows(_filled(_CHECKS, choice))]


def _default(session: Session, choice: Choice) -> str:
    """The default of the column, where it is a plain word."""
    for (expression,) in session.rows(_filled(_DEFAULT, choice)):
        if _PLAIN.match(expression):
            return str(session.rows(f"SELECT ({expression})::text")[0][0])
    return ""


def _filled(query: str, choice: Choice) -> str:
    return query.format(oid=choice.relation.oids[0], column=Literal(choice.column.name).as_string())


def _in_its_style(choice: Choice, words: list[str]) -> str:
    """The first of the words, in capitals where the table writes its own so."""
    if choice.observed and all(seen == seen.upper() for seen in choice.observed):
        return next((word for word in words if word == word.upper()), words[0])
    if choice.observed and all(seen[:1] == seen[:1].upper() for seen in choice.observed):
        return next((word for word in words if word == word.capitalize()), words[0])
    return words[0]
