from __future__ import annotations

import json
from dataclasses import fields, replace

from jobqueue_exporter.model import (
    Facts,
    FlowWindow,
    Lane,
    LaneJobs,
    Policy,
    Signal,
    Snapshot,
    State,
    Workers,
)
from jobqueue_exporter.snapshot_json import Json, plain
from tests.full_snapshot import full

EMPTY = Snapshot(source="shop", engine="table", read_at=0, up=True)


WRITTEN_FACTS = {
    "lanes": [
        {
            "queue": "media",
            "kind": "RENDER",
            "counts": {"pending": 3},
            "oldest_pending_seconds": 1.5,
            "oldest_running_seconds": None,
            "oldest_dead_letter_seconds": None,
            "due_not_promoted": None,
            "stuck": None,
        }
    ],
    "workers": {
        "live": 1,
        "stale": 0,
        "newest_heartbeat": None,
        "by_queue": {"media": 1},
        "slots": None,
        "busy": None,
    },
}

WRITTEN = {
    "source": "shop",
    "engine": "table",
    "read_at": 0,
    "up": True,
    "error": "",
    "flows": None,
    "waits": None,
    "runs": None,
    "signals": {"workers": True},
    "policies": [
        {
            "queue": "media",
            "kind": "RENDER",
            "owner": "media",
            "wait_objective_seconds": 300,
            "success_objective_ratio": 0.99,
            "max_runtime_seconds": 3600,
            "page": True,
            "no_loss": False,
        }
    ],
    "folded": {},
    "collectors": [],
    "over_budget": None,
    "clock_skew_seconds": None,
}


def facts_of(facts: Facts) -> dict[str, Json]:
    written = plain(replace(EMPTY, facts=facts))["facts"]
    assert isinstance(written, dict)
    return written


def test_a_snapshot_is_written_like_this() -> None:
    snapshot = replace(
        EMPTY,
        facts=Facts(
            lanes={Lane("media", "RENDER"): LaneJobs(counts={State.PENDING: 3}, oldest_pending_seconds=1.5)},
            workers=Workers(live=1, stale=0, by_queue={"media": 1}),
        ),
        policies={Lane("media", "RENDER"): Policy(owner="media")},
        signals={Signal.WORKERS: True},
    )
    written = plain(snapshot)
    facts = written.pop("facts")
    assert isinstance(facts, dict)
    assert {key: value for key, value in facts.items() if value is not None} == WRITTEN_FACTS
    assert written == WRITTEN


def test_every_field_of_the_model_is_written_but_how_a_reading_is_put_together() -> None:
    window = FlowWindow(start=0, end=60, tells=frozenset(), counts=())
    written = plain(replace(full(), facts=replace(full().facts, flow_window=window)))
    facts = written["facts"]
    assert written.keys() == {field.name for field in fields(Snapshot)}
    assert isinstance(facts, dict)
    assert facts.keys() == {field.name for field in fields(Facts)} - {
        "flow_window",
        "empty_lane",
        "dead_letter_windows",
    }


def test_it_is_json_that_reads_back_the_same() -> None:
    assert json.loads(json.dumps(plain(full()), allow_nan=False)) == plain(full())


def test_no_lane_is_an_empty_list_and_cannot_tell_is_null() -> None:
    assert facts_of(Facts(lanes={})) == facts_of(Facts()) | {"lanes": []}
    assert facts_of(Facts()) == dict.fromkeys(facts_of(Facts()))
    assert plain(EMPTY)["policies"] == []


def test_text_that_is_no_utf8_can_be_sent() -> None:
    facts = Facts(lanes={Lane("q", "a\ud800"): LaneJobs(counts={})}, paused={"\udfff": True})
    snapshot = replace(EMPTY, error="\ud801", facts=facts)
    written = json.dumps(plain(snapshot), ensure_ascii=False).encode()
    assert [part in written for part in (rb"a\\ud800", rb"\\udfff", rb"\\ud801")] == [True] * 3


def test_a_number_that_is_not_finite_is_null() -> None:
    assert facts_of(Facts(clock=float("inf"), lag_seconds=float("nan"))) == facts_of(Facts())
