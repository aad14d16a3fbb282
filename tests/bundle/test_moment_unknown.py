"""What is not known never makes anything certain that may be otherwise: whatever it turns out to be, we were right."""

from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from jobqueue_exporter.bundle.instant import Vector, aggregates, joins
from jobqueue_exporter.bundle.instant.joins import Matching, Operation
from jobqueue_exporter.bundle.instant.operators import CALCULATIONS, COMPARISONS, Compare
from jobqueue_exporter.bundle.instant.vectors import UNKNOWN, Key, Names

LABELS = ("source", "queue", "kind")
NAMES: st.SearchStrategy[Names] = st.lists(st.sampled_from(LABELS), unique=True).map(lambda names: (*names,))
VALUES = st.sampled_from((0.0, 1.0, 2.0, 2.5, -1.0, math.nan))
MATCHINGS = st.builds(Matching, names=NAMES, on=st.booleans())


def _kept(compare: Compare) -> Operation:
    return lambda left, right: left if compare(left, right) else None


def _told(compare: Compare) -> Operation:
    return lambda left, right: float(compare(left, right))


OPERATIONS: dict[str, Operation] = {
    **CALCULATIONS,
    **{name: _kept(compare) for name, compare in COMPARISONS.items()},
    **{f"{name} bool": _told(compare) for name, compare in COMPARISONS.items()},
}


@st.composite
def vectors(draw: st.DrawFn) -> tuple[Vector, Vector]:
    """Series, and what is known of them: some may be there or not, or have any value, or are not known of."""
    names: Names = draw(NAMES)
    keys: st.SearchStrategy[Key] = st.tuples(*(st.sampled_from(("", "a", "b")) for _ in names))
    there: dict[Key, float] = draw(st.dictionaries(keys, VALUES, max_size=5))
    doubted = draw(st.sets(st.sampled_from(sorted(there)))) if there else set()
    forgets = draw(st.booleans())
    forgotten = draw(st.sets(st.sampled_from(sorted(there)))) if there and forgets else set()
    unfounded = draw(st.sets(keys, max_size=2)) - there.keys()
    known = {key: value for key, value in there.items() if key not in doubted | forgotten}
    is_open = bool(forgotten) or draw(st.booleans())
    return Vector(names, there), Vector(names, known, (doubted - forgotten) | unfounded, is_open)


def assert_right(told: Vector, truth: Vector) -> None:
    """Nothing is certain that is not so, and nothing is so that was ruled out."""
    if truth == UNKNOWN:
        return  # Prometheus refuses it, so it tells nothing
    so = {frozenset(truth.labels(key).items()): value for key, value in truth.rows.items()}
    certain = {frozenset(told.labels(key).items()): value for key, value in told.rows.items()}
    maybe = {frozenset(told.labels(key).items()) for key in told.maybe}
    assert {labels: repr(so.get(labels)) for labels in certain} == {key: repr(value) for key, value in certain.items()}
    assert told.open or so.keys() <= certain.keys() | maybe
    assert not certain.keys() & maybe


@given(vectors(), vectors(), MATCHINGS)
def test_and(left: tuple[Vector, Vector], right: tuple[Vector, Vector], matching: Matching) -> None:
    assert_right(joins.both(left[1], right[1], matching), joins.both(left[0], right[0], matching))


@given(vectors(), vectors(), MATCHINGS)
def test_unless(left: tuple[Vector, Vector], right: tuple[Vector, Vector], matching: Matching) -> None:
    assert_right(joins.without(left[1], right[1], matching), joins.without(left[0], right[0], matching))


@given(vectors(), vectors(), MATCHINGS)
def test_or(left: tuple[Vector, Vector], right: tuple[Vector, Vector], matching: Matching) -> None:
    assert_right(joins.either(left[1], right[1], matching), joins.either(left[0], right[0], matching))


@given(vectors(), vectors(), MATCHINGS, st.sampled_from(sorted(OPERATIONS)))
def test_pairs(left: tuple[Vector, Vector], right: tuple[Vector, Vector], matching: Matching, name: str) -> None:
    operation = OPERATIONS[name]
    truth = joins.paired(left[0], right[0], matching, operation)
    assert_right(joins.paired(left[1], right[1], matching, operation), truth)


@given(vectors(), vectors(), NAMES, NAMES, st.sampled_from(("left", "right")), st.booleans())
def test_pairs_of_many_with_one(
    left: tuple[Vector, Vector], right: tuple[Vector, Vector], names: Names, added: Names, many: str, on: bool
) -> None:
    assume(not (on and set(names) & set(added)))  # Prometheus refuses it
    matching = Matching(names, on, many, added)
    operation = CALCULATIONS["*"]
    truth = joins.paired(left[0], right[0], matching, operation)
    assert_right(joins.paired(left[1], right[1], matching, operation), truth)


@given(vectors(), NAMES, st.sampled_from(("max", "min", "sum", "count", "avg", "group")))
def test_aggregates(both: tuple[Vector, Vector], names: Names, name: str) -> None:
    truth, told = (aggregates.folded(name, vector, names) for vector in both)
    assert_right(told, truth)


@given(vectors(), NAMES, st.integers(0, 3))
def test_the_largest(both: tuple[Vector, Vector], names: Names, count: int) -> None:
    exact, known = both
    assume(len(set(exact.rows.values())) == len(exact.rows))
    assume(not any(math.isnan(value) for value in exact.rows.values()))
    truth = aggregates.largest(exact, names, count)
    assert not truth.maybe
    assert_right(aggregates.largest(known, names, count), truth)
