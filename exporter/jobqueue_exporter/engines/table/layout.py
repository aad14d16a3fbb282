"""How one jobs table is laid out: which column says what, and what its states mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec
from msgspec import UNSET
from psycopg.sql import Literal

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.sql.relation import Column, Relation, Type
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH
from jobqueue_exporter.engines.table.words import (
    COLUMN_NAMES,
    MEANINGS,
    TIME_ROLES,
    as_written,
    default_states,
    unmapped,
)
from jobqueue_exporter.errors import Refused

_USABLE: Mapping[str, tuple[Type, ...]] = {
    "queue": (Type.TEXT, Type.ENUM, Type.NUMBER, Type.OTHER),
    "kind": (Type.TEXT, Type.ENUM, Type.NUMBER, Type.OTHER),
    "state": (Type.TEXT, Type.ENUM),
    "attempts": (Type.NUMBER,),
    "max_attempts": (Type.NUMBER,),
    "error": (Type.TEXT, Type.JSON),
} | dict.fromkeys(TIME_ROLES, (Type.TIME, Type.NUMBER))


@dataclass(frozen=True, slots=True)
class Layout:
    """A jobs table, read and understood. `states` goes by meaning, as in the configuration; `observed`
    are the values that the state column was seen to hold, all of them when `complete`. `tells_retries`:
    a job that waits for its first attempt can be told from one that waits for another."""

    relation: Relation
    columns: Mapping[str, Column]
    errors: tuple[Column, ...]
    states: Mapping[str, tuple[str, ...]]
    observed: tuple[str, ...]
    complete: bool
    tells_retries: bool
    notices: tuple[str, ...]

    def has(self, *roles: str) -> bool:
        """Whether the table has a column for each of these roles."""
        return all(role in self.columns for role in roles)

    def aliased(self, alias: str) -> Layout:
        """The same layout with all columns qualified, for a join."""
        columns = {role: replace(column, alias=alias) for role, column in self.columns.items()}
        errors = tuple(replace(column, alias=alias) for column in self.errors)
        return replace(self, columns=columns, errors=errors)

    def sql(self, role: str, missing: str = "NULL") -> str:
        """The column of a role, or `missing`; times stored as numbers become timestamps."""
        column = self.columns.get(role)
        if column is None:
            return missing
        return column.moment if role in TIME_ROLES else column.sql

    def text(self, role: str) -> str:
        """The column of a role as text, or a NULL of that type."""
        return f"{self.columns[role].sql}::text" if role in self.columns else "NULL::text"

    def label(self, role: str) -> str:
        """The same, no longer than a label may be."""
        return f"left({self.text(role)}, {LABEL_LENGTH})"

    def state_is(self, *meanings: str) -> str:
        """The condition that a row's state has one of these meanings, as an index can serve it."""
        words = self.words(*meanings)
        return f"{self.columns['state'].sql} IN ({', '.join(words)})" if words else "false"

    def words(self, *meanings: str) -> tuple[str, ...]:
        """The state values of these meanings that rows may have, quoted."""
        return tuple(
            Literal(word).as_string()
            for meaning in meanings
            for word in self.states[meaning]
            if not self.complete or word in self.observed
        )

    @property
    def since(self) -> str:
        """From when on a job could have been claimed: a job is not late before it is due."""
        roles = [self.sql(role) for role in ("run_at", "created_at") if role in self.columns]
        return _chosen("greatest", [f"nullif({moment}, '-infinity')" for moment in roles])

    @property
    def running_since(self) -> str:
        """When a running job was claimed."""
        return _chosen("coalesce", self._finite("started_at"))

    @property
    def died_at(self) -> str:
        """When a dead job died, where a column says so; a dead row is no longer beaten upon."""
        return _chosen("coalesce", self._finite("finished_at", "updated_at"))

    @property
    def tells_deaths(self) -> bool:
        """Whether a column says when a dead job died."""
        return self.has("finished_at") or self.has("updated_at")

    @property
    def last_seen(self) -> str:
        """What puts dead jobs in the order of their deaths, if only nearly."""
        return _chosen("coalesce", self._finite("finished_at", "updated_at", "started_at", "created_at"))

    def _finite(self, *roles: str) -> list[str]:
        return [self.columns[role].finite for role in roles if role in self.columns]

    @property
    def due(self) -> tuple[str, ...]:
        """The conditions, one or the other, that a waiting row may be claimed now. Apart, since an index
        serves each of them and not their disjunction."""
        if "run_at" not in self.columns:
            return ("true",)
        run_at = self.sql("run_at")
        due = f"{run_at} <= now()"
        return (due,) if self.columns["run_at"].not_null else (due, f"{run_at} IS NULL")


def resolve(relation: Relation, source: Source, observed: tuple[str, ...], *, complete: bool) -> Layout:
    """The layout of `relation` by the configuration and the usual names.

    `observed` are the values that the state column is known to hold, all of them when `complete`.

    Raises:
        Refused: a configured column is missing or unfit, or there is no state column.
    """
    if relation.hidden:
        raise Refused(relation.hidden)
    columns = _columns(relation, source)
    if "state" not in columns:
        raise Refused(
            f"{relation.label} has no state column that we may read: name it under columns.state"
            + (f" (not readable: {', '.join(relation.denied)})" if relation.denied else "")
        )
    unread = _unread(columns, relation, source)
    states, notices = _states(columns, relation, source, observed)
    retries = source.states.retry if source.states else [word for word in states["retry"] if word in observed]
    return Layout(
        relation=relation,
        columns=columns,
        errors=_errors(relation, source, columns),
        states=states,
        observed=observed,
        complete=complete,
        tells_retries="run_at" in columns and ("attempts" in columns or bool(retries)),
        notices=(*unread, *notices),
    )


def state_column(relation: Relation, source: Source) -> Column | None:
    """The column that says the state, if there is one."""
    return _columns(relation, source).get("state")


def _columns(relation: Relation, source: Source) -> dict[str, Column]:
    wanted = msgspec.structs.asdict(source.columns)
    configured = {role: name for role, name in wanted.items() if name is not None and name is not UNSET}
    _check(relation, configured)
    found: dict[str, Column] = {}
    for role, names in COLUMN_NAMES.items():
        name = wanted[role]
        if name is None:
            continue
        if name is not UNSET:
            found[role] = relation.columns[name]
        elif usual := next((c for n in names if (c := relation.columns.get(n)) and _fits(role, c)), None):
            found[role] = usual
    return found


def _unread(columns: Mapping[str, Column], relation: Relation, source: Source) -> tuple[str, ...]:
    """What a person should know of columns of usual names that are not read. Raises Refused."""
    unset = [role for role in COLUMN_NAMES if role not in columns and getattr(source.columns, role) is UNSET]
    denied = {role: next((n for n in COLUMN_NAMES[role] if n in relation.denied), "") for role in unset}
    unfit = next((n for n in COLUMN_NAMES["run_at"] if "run_at" in unset and n in relation.columns), "")
    if column := denied.get("run_at") or unfit:
        why = "is of a type that tells no time" if column == unfit else "may not be read by this role"
        raise Refused(
            f"column {column} of {relation.label} {why}, and without it jobs that are not due would count as pending: "
            "mend that, or set columns.run_at to null"
        )
    return tuple(
        f"column {column} of {relation.label} may not be read by this role and is left out: grant it, "
        f"or set columns.{role} to null"
        for role, column in denied.items()
        if column
    )


def _check(relation: Relation, configured: Mapping[str, str]) -> None:
    """Raises Refused with all that is wrong with the columns that were named."""
    wrong = [text for role, name in configured.items() if (text := _wrong(relation, role, name))]
    if wrong:
        lacking = any(name not in relation.columns for name in configured.values())
        raise Refused("; ".join(wrong) + (f"; there are: {', '.join(relation.columns)}" if lacking else ""))


def _wrong(relation: Relation, role: str, name: str) -> str:
    column = relation.columns.get(name)
    if column is None:
        why = "may not be read by this role" if name in relation.denied else "is not there"
    elif not _fits(role, column):
        why = f"must be a {' or '.join(_USABLE[role])} column"
    else:
        return ""
    return f"columns.{role}: column {name} of {relation.label} {why}"


def _fits(role: str, column: Column) -> bool:
    return column.type in _USABLE.get(role, tuple(Type))


def _chosen(choice: str, moments: list[str]) -> str:
    return f"{choice}({', '.join(moments)})" if moments else "NULL::timestamptz"


def _errors(relation: Relation, source: Source, columns: Mapping[str, Column]) -> tuple[Column, ...]:
    """All columns that may hold an error text, the preferred one first."""
    if source.columns.error is not UNSET:
        return (columns["error"],) if "error" in columns else ()
    usual = (relation.columns.get(name) for name in COLUMN_NAMES["error"])
    return tuple(column for column in usual if column and _fits("error", column))


def _states(
    columns: Mapping[str, Column], relation: Relation, source: Source, observed: tuple[str, ...]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    if source.states is not None:
        words = {meaning: getattr(source.states, meaning) for meaning in MEANINGS}
    else:
        can_retry = "run_at" in columns or ("attempts" in columns and "max_attempts" in columns)
        words = as_written(default_states(can_retry=can_retry), observed)
        if not set(words["blocked"]) & set(observed):
            words["blocked"] = ()
    labels = columns["state"].labels
    name = f"{relation.label}.{columns['state'].name}"
    notices = unmapped(name, words, observed, under="states")
    if labels:
        if source.states is not None:
            unknown = sorted({w for group in words.values() for w in group} - set(labels))
            notices += [f"state {word!r} is configured, but {name} cannot hold it" for word in unknown]
        words = {m: tuple(w for w in group if w in labels) for m, group in words.items()}
    return words, tuple(notices)
