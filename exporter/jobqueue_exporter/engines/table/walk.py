"""Counting by lane along an index of live rows, for tables that have it.

Reading every live row costs a heap fetch or a sort for each. With an index on (state, lane, run_at,
created_at) the lanes are found by one probe each, counts touch index entries only, and the oldest row of
a lane by walking from its start. Measured on 5 million rows: 3 to 10 times cheaper than `jobs.query`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from jobqueue_exporter.engines.sql.relation import Index, Type
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Row, Session

# Beyond this many lanes of a state, the probes cost more than reading the rows.
MOST_LANES = 500
LANE_ROLES = ("queue", "kind")
STATES = (State.PENDING, State.SCHEDULED, State.DEAD_LETTER)


class Unsuited(Exception):
    """The rows cannot be counted by walking: too many of them, or of their lanes, or a lane is NULL."""


@dataclass(frozen=True, slots=True)
class Walk:
    """SQL for one state value, with `k` standing for a lane."""

    layout: Layout
    word: str
    number: int

    @property
    def lanes(self) -> tuple[str, ...]:
        """The quoted lane columns."""
        return tuple(self.layout.columns[role].sql for role in LANE_ROLES if self.layout.has(role))

    @property
    def state(self) -> str:
        """The condition on the state."""
        return f"{self.layout.columns['state'].sql} = {self.word}"

    def cte(self) -> str:
        """All lanes of the state, by one probe each."""
        table, names = self.layout.relation.sql, ", ".join(self.lanes)
        beyond = f"({', '.join(f'j.{c}' for c in self.lanes)}) > ({', '.join(f'k.{c}' for c in self.lanes)})"
        following = ", ".join(f"j.{c}" for c in self.lanes)
        return (
            f"k{self.number} AS (\n"
            f"  (SELECT {names} FROM {table} WHERE {self.state} AND {self._no_null()} ORDER BY {names} LIMIT 1)\n"
            f"  UNION ALL\n"
            f"  SELECT n.* FROM k{self.number} AS k CROSS JOIN LATERAL (\n"
            f"    SELECT {following} FROM {table} AS j WHERE j.{self.state} AND {beyond}\n"
            f"    ORDER BY {following} LIMIT 1) AS n\n"
            ")"
        )

    def of_lane(self, alias: str) -> str:
        """The condition that a row is of the state and the lane."""
        same = " AND ".join(f"{alias}.{column} = k.{column}" for column in self.lanes)
        return f"{alias}.{self.state} AND {same}"

    def nulls(self) -> Iterator[str]:
        """Queries that find a row without a lane; the probes pass over those."""
        for role in LANE_ROLES:
            if self.layout.has(role) and not self.layout.columns[role].not_null:
                column = self.layout.columns[role].sql
                yield (
                    f"(SELECT 'null', NULL::text, NULL::text, 1::bigint, NULL::float8, 0::bigint, 0::bigint\n"
                    f" FROM {self.layout.relation.sql} WHERE {self.state} AND {column} IS NULL LIMIT 1)"
                )

    def _no_null(self) -> str:
        return " AND ".join(f"{column} IS NOT NULL" for column in self.lanes)


def possible(layout: Layout) -> bool:
    """Whether the table has a lane, and an index that can be walked along it."""
    if not layout.complete or not layout.has("run_at") or not any(map(layout.has, LANE_ROLES)):
        return False
    if layout.columns["run_at"].type is not Type.TIME:
        return False
    return bool(_indexes(layout))


def served(session: Session, layout: Layout) -> bool:
    """Whether such an index holds the live rows of every state that was seen: a partial one may not.

    Raises:
        SourceError: the database could not be asked.
    """
    if not possible(layout):
        return False
    state, words = layout.columns["state"], layout.words("waiting", "retry", "dead_letter")
    predicates = [index.predicate for index in _indexes(layout)]
    if not words or "" in predicates:
        return bool(words)
    rows = f"unnest(ARRAY[{', '.join(words)}]::text[]::{state.declared}[]) AS live({state.sql})"
    for predicate in predicates:
        query = f"SELECT coalesce(bool_and({predicate}), false) FROM {rows}"
        # A predicate on other columns fails here: it may leave out any row.
        with suppress(Refused):
            if session.contained(partial(session.rows, query))[0][0]:
                return True
    return False


def _indexes(layout: Layout) -> list[Index]:
    keys = index_keys(layout)
    return [index for index in layout.relation.indexes if index.keys[: len(keys)] == keys]


def index_keys(layout: Layout) -> tuple[str, ...]:
    """The first key columns of an index that can be walked."""
    return tuple(layout.columns[r].name for r in ("state", *LANE_ROLES, "run_at") if layout.has(r))


def query(layout: Layout, cap: int, *, dead: bool, bounded: bool = True) -> str | None:
    """Rows of (sort, queue, kind, count, since, later, retried), sort being waiting, retry, dead or null.

    `count` is of all rows of the lane, `later` of those that are not due yet, `retried` of those of them
    that have failed before. None when no such state was seen. Only if `bounded` does counting a lane stop
    past the cap: the bound costs a fifth of the counting, so who knows of few rows may do without.
    """
    words = [("waiting", word) for word in layout.words("waiting")]
    words += [("retry", word) for word in layout.words("retry")]
    words += [("dead", word) for word in layout.words("dead_letter") if dead]
    if not words:
        return None
    walks = [(sort, Walk(layout, word, number)) for number, (sort, word) in enumerate(words)]
    ctes = ",\n".join(walk.cte() for _, walk in walks)
    limit = f" LIMIT {cap + 1}" if bounded else ""
    parts = [_dead(walk, cap, limit) if sort == "dead" else _waiting(walk, sort, cap, limit) for sort, walk in walks]
    parts += [null for _, walk in walks for null in walk.nulls()]
    return f"WITH RECURSIVE {ctes}\n" + "\nUNION ALL\n".join(parts)


def rows(found: list[Row], cap: int) -> list[Row]:
    """The same as rows of `jobs.query`.

    Raises:
        Unsuited: there is more than can be counted this way.
    """
    if any(row[0] == "null" or row[3] > cap or row[5] > cap for row in found) or len(found) > MOST_LANES:
        raise Unsuited
    told = [row for one in found for row in _by_state(*one)]
    counted: Counter[str] = Counter()
    for state, _, _, count, _, _ in told:
        counted[state] += count
    if any(count > cap for count in counted.values()):
        raise Unsuited
    return told


def _by_state(
    sort: str, queue: str, kind: str, count: int, since: float | None, later: int, retried: int
) -> Iterator[Row]:
    if sort == "dead":
        yield State.DEAD_LETTER, queue, kind, count, since, 0
        return
    yield State.SCHEDULED, queue, kind, later, None, later if sort == "retry" else retried
    if count > later:
        yield State.PENDING, queue, kind, count - later, since, 0


def _waiting(walk: Walk, sort: str, cap: int, limit: str) -> str:
    layout, table = walk.layout, walk.layout.relation.sql
    run_at = layout.columns["run_at"].sql
    tried = f"count(*) FILTER (WHERE {layout.columns['attempts'].sql} > 0)" if layout.has("attempts") else "0"
    inner = layout.columns["attempts"].sql if layout.has("attempts") else ""
    return (
        f"SELECT '{sort}', {_lane(walk)}, total.n, date_part('epoch', {_oldest(walk, cap)}), later.n, later.retried\n"
        f"FROM (SELECT * FROM k{walk.number} LIMIT {MOST_LANES + 1}) AS k\n"
        f"CROSS JOIN LATERAL ({_total(walk, limit)}) AS total\n"
        f"CROSS JOIN LATERAL (SELECT count(*) AS n, {tried} AS retried FROM (\n"
        f"  SELECT {inner} FROM {table} AS j WHERE {walk.of_lane('j')} AND j.{run_at} > now()\n"
        f"  LIMIT {cap + 1}) AS l) AS later"
    )


def _total(walk: Walk, limit: str) -> str:
    rows = f"{walk.layout.relation.sql} AS j WHERE {walk.of_lane('j')}"
    return f"SELECT count(*) AS n FROM {f'(SELECT FROM {rows}{limit}) AS l' if limit else rows}"


def _oldest(walk: Walk, cap: int) -> str:
    """Since when the oldest due row of the lane could have been claimed.

    The first row in the order of run_at bounds the run_at of any that could be older. Rows without a
    run_at have their created_at; ordering by both columns lets the index serve that too.
    """
    layout, table = walk.layout, walk.layout.relation.sql
    run_at = layout.columns["run_at"].sql
    first = (
        f"SELECT {_since(layout, 'f')} FROM {table} AS f\n"
        f"    WHERE {walk.of_lane('f')} AND f.{run_at} <= now() ORDER BY f.{run_at} LIMIT 1"
    )
    due = (
        f"(SELECT min(since) FROM (SELECT {_since(layout, 'j')} AS since FROM {table} AS j\n"
        f"   WHERE {walk.of_lane('j')} AND j.{run_at} <= least(now(), ({first})) LIMIT {cap + 1}) AS due)"
    )
    if layout.columns["run_at"].not_null or not layout.has("created_at"):
        return due
    created_at = layout.aliased("j").columns["created_at"]
    undated = (
        f"(SELECT {created_at.moment} FROM {table} AS j\n"
        f"   WHERE {walk.of_lane('j')} AND j.{run_at} IS NULL AND isfinite({created_at.moment})\n"
        f"   ORDER BY j.{run_at}, {created_at.sql} LIMIT 1)"
    )
    return f"least({due}, {undated})"


def _dead(walk: Walk, cap: int, limit: str) -> str:
    """A job dies after it was due, so the death of the first row in the order of run_at bounds the
    run_at of any that died earlier; a worker that writes the next run_at before it gives up makes the
    answer too young by that delay at most."""
    layout, table = walk.layout, walk.layout.relation.sql
    run_at = layout.columns["run_at"].sql
    f, j = (layout.aliased(alias) for alias in "fj")
    first = (
        f"SELECT greatest(coalesce({f.died_at}, 'infinity'), f.{run_at})\n"
        f"    FROM {table} AS f WHERE {walk.of_lane('f')} ORDER BY f.{run_at} LIMIT 1"
    )
    oldest = (
        f"least((SELECT min(since) FROM (SELECT {j.died_at} AS since FROM {table} AS j\n"
        f"   WHERE {walk.of_lane('j')} AND j.{run_at} <= ({first}) LIMIT {cap + 1}) AS died),\n"
        f"  (SELECT min({j.died_at}) FROM {table} AS j WHERE {walk.of_lane('j')} AND j.{run_at} IS NULL))"
    )
    return (
        f"SELECT 'dead', {_lane(walk)}, total.n, date_part('epoch', {oldest}), 0::bigint, 0::bigint\n"
        f"FROM (SELECT * FROM k{walk.number} LIMIT {MOST_LANES + 1}) AS k\n"
        f"CROSS JOIN LATERAL ({_total(walk, limit)}) AS total"
    )


def _since(layout: Layout, alias: str) -> str:
    return layout.aliased(alias).since


def _lane(walk: Walk) -> str:
    return ", ".join(
        f"left(k.{walk.layout.columns[role].sql}::text, {LABEL_LENGTH})" if walk.layout.has(role) else "NULL::text"
        for role in LANE_ROLES
    )
