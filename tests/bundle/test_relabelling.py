"""Functions that give series another label, as far as they are understood without Prometheus."""

from __future__ import annotations

import promql_parser
import pytest

from jobqueue_exporter.bundle.instant import Vector, relabelling
from jobqueue_exporter.bundle.instant.vectors import UNKNOWN

LANES = Vector(("source", "queue"), {("a", "x"): 1.0, ("b", "y.z"): 2.0}, {("c", "")})


def relabelled(call: str) -> Vector | None:
    expr = promql_parser.parse(call)
    assert isinstance(expr, promql_parser.Call)
    found = relabelling.read(expr)
    return found.of(LANES) if found else None


@pytest.mark.parametrize(
    ("call", "names", "certain", "maybe"),
    [
        (
            'label_join(x, "l", "/", "queue", "kind", "source")',
            ("source", "queue", "l"),
            {("a", "x", "x//a"): 1.0, ("b", "y.z", "y.z//b"): 2.0},
            {("c", "", "//c")},
        ),
        (
            'label_replace(x, "queue", "new", "source", "[ac]")',
            ("source", "queue"),
            {("a", "new"): 1.0, ("b", "y.z"): 2.0},
            {("c", "new")},
        ),
        (
            'label_replace(x, "queue", "", "", "")',
            ("source", "queue"),
            {("a", ""): 1.0, ("b", ""): 2.0},
            {("c", "")},
        ),
        (
            'label_replace(x, "queue", "new", "queue", "y")',
            ("source", "queue"),
            dict(LANES.rows),
            set(LANES.maybe),
        ),
    ],
)
def test_a_label_is_what_prometheus_makes_it(
    call: str, names: tuple[str, ...], certain: dict[tuple[str, ...], float], maybe: set[tuple[str, ...]]
) -> None:
    assert relabelled(call) == Vector(names, certain, maybe)


def test_series_that_would_be_the_same_are_unknown() -> None:
    assert relabelled('label_replace(x, "source", "", "", "")') == Vector(
        ("source", "queue"), {("", "x"): 1.0, ("", "y.z"): 2.0}, {("", "")}
    )
    both = Vector(("source",), {("a",): 1.0, ("b",): 1.0})
    expr = promql_parser.parse('label_replace(x, "source", "", "", "")')
    found = relabelling.read(expr)  # type: ignore[arg-type]  # promql_parser.parse returns any expression
    assert found is not None
    assert found.of(both) is UNKNOWN


@pytest.mark.parametrize(
    "call",
    [
        'label_replace(x, "l", "$1", "source", "(.*)")',
        'label_replace(x, "l", "v", "source", "(?i)a")',
        "abs(x)",
    ],
)
def test_what_is_not_understood_is_left_alone(call: str) -> None:
    assert relabelled(call) is None
