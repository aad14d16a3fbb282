"""Lists of which nobody says whether they are whole."""

from __future__ import annotations

import pytest

from jobqueue_exporter.model import Lane, LaneJobs, State
from tests.engines.http_json.asking import BASE, facts_of, parts_of, source

DEAD = State.DEAD_LETTER
JOBS = [{"items": "$.rows", "each": "dead_letter", "total": "$.total"}]


@pytest.mark.parametrize(
    ("path", "rows", "cut"),
    [
        ("list?limit=7", 7, True),
        ("list?limit=7", 6, False),
        ("list?per_page=7&page=1", 8, True),
        ("list?limit=100", 50, True),
        ("list?limit=none", 3, False),
        ("list", 25, True),
        ("list", 26, False),
        ("list", 0, False),
    ],
)
def test_a_list_as_long_as_a_page_may_be_cut(path: str, rows: int, cut: bool) -> None:
    request = {"name": "one", "path": path, "jobs": JOBS, "may_lack": ["$.total"]}
    (part,) = parts_of(source(request), {path: {"rows": [{}] * rows}})
    assert part.facts is not None
    assert part.facts.lanes == ({Lane("jobs"): LaneJobs(counts={DEAD: rows})} if rows else {})
    assert part.facts.capped == ({DEAD: True} if cut else None)
    assert [notice.removeprefix(f"{BASE}/list: ")[:20] for notice in part.facts.notices or ()] == (
        ["the list may be cut:"] if cut else []
    )


def test_a_list_that_says_its_total_is_not_doubted() -> None:
    found = facts_of({"rows": [{}] * 50, "total": 50}, jobs=JOBS)
    assert (found.capped, found.notices) == ({DEAD: False}, None)


def test_a_list_of_queues_is_not_doubted() -> None:
    jobs = [{"items": "$", "queue": "$.name", "dead_letter": "$.dead"}]
    found = facts_of([{"name": f"q{number}", "dead": 1} for number in range(10)], jobs=jobs)
    assert (found.capped, found.notices) == (None, None)
