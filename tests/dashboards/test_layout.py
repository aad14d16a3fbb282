from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from jobqueue_exporter.dashboards.layout import COLUMNS, Spot, bottom, panel_id, spots
from jobqueue_exporter.dashboards.source import Panel

panels = st.lists(
    st.builds(
        Panel,
        title=st.just("-"),
        question=st.just("-"),
        kind=st.sampled_from(["stat", "timeseries", "table", "heatmap", "bar-gauge", "state-timeline", "alert-list"]),
        width=st.none() | st.integers(1, COLUMNS),
        height=st.none() | st.integers(2, 40),
    ),
    max_size=20,
)


@given(panels, st.integers(0, 1000))
def test_panels_stand_below_the_title_within_the_grid_and_do_not_overlap(row: list[Panel], top: int) -> None:
    found = spots(row, top)
    assert len(found) == len(row)
    assert all(spot.x >= 0 and spot.x + spot.w <= COLUMNS and top < spot.y for spot in found)
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))
    assert all(spot.y + spot.h <= bottom(found, top) for spot in found)


@given(panels)
def test_panels_stand_in_their_order(row: list[Panel]) -> None:
    found = [(spot.y, spot.x) for spot in spots(row, 0)]
    assert found == sorted(found)


def test_panels_fill_a_line_then_the_next() -> None:
    row = [Panel(title="-", question="-", kind="timeseries") for _ in range(3)]
    assert spots(row, 5) == (Spot(0, 6, 12, 8), Spot(12, 6, 12, 8), Spot(0, 14, 12, 8))


def test_cells_side_by_side_do_not_overlap_and_those_upon_each_other_do() -> None:
    spot = Spot(0, 0, 4, 4)
    assert [spot.overlaps(other) for other in (Spot(4, 0, 4, 4), Spot(0, 4, 4, 4), Spot(3, 3, 1, 1))] == [
        False,
        False,
        True,
    ]


def test_the_id_of_a_panel_depends_on_its_names_alone() -> None:
    assert panel_id("queue", "Waiting", "Waits") == 521_497_624
    assert len({panel_id("a", "b"), panel_id("ab"), panel_id("a", "b", "")}) == 3
