from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from jobqueue_exporter import catalog
from jobqueue_exporter.catalog.__main__ import table
from jobqueue_exporter.model import Cause, Facts, LaneJobs, Snapshot, State
from tests.full_snapshot import FACTS, MAIL, WAITS, down, full

NOTHING = Snapshot(source="shop", engine="", read_at=0, up=True)


def told(snapshot: Snapshot) -> dict[tuple[str, ...], catalog.Value]:
    """Every series as (name, label values ...) and its value."""
    return {
        (metric.name, *labels): value
        for metric in catalog.SOURCE_METRICS
        for labels, value in catalog.told(metric, snapshot)
    }


def test_a_metric_is_declared_once() -> None:
    assert [name for name, n in Counter(metric.name for metric in catalog.METRICS).items() if n > 1] == []


def test_every_metric_of_a_source_is_told_by_a_snapshot_that_knows_all() -> None:
    assert {name for name, *_ in told(full())} == {metric.name for metric in catalog.SOURCE_METRICS}


def test_every_label_has_a_value() -> None:
    wrong = [
        (metric.name, labels)
        for metric in catalog.SOURCE_METRICS
        for labels, _ in catalog.told(metric, full())
        if len(labels) != len(metric.labels)
    ]
    assert wrong == []


def test_help_is_one_sentence_with_a_full_stop() -> None:
    assert [m.name for m in catalog.METRICS if not m.help.endswith(".") or ". " in m.help] == []


def test_the_table_in_metrics_md_is_current() -> None:
    written = Path(__file__).resolve().parents[1] / "exporter" / "METRICS.md"
    assert written.read_text() == table(), "run: python -m jobqueue_exporter.catalog > exporter/METRICS.md"


def test_what_cannot_be_told_has_no_series() -> None:
    assert told(NOTHING) == {("jobqueue_source_up", "shop"): True}


def test_a_field_that_cannot_be_told_takes_only_its_own_series_away() -> None:
    lanes = {MAIL: LaneJobs(counts={State.RUNNING: 1}, stuck=0)}
    assert told(replace(NOTHING, facts=Facts(lanes=lanes))) == {
        ("jobqueue_jobs", "shop", "mail", "", "running"): 1,
        ("jobqueue_stuck_jobs", "shop", "mail", ""): 0,
        ("jobqueue_source_up", "shop"): True,
    }


def test_a_known_lane_that_is_empty_tells_zeros() -> None:
    of_mail = {key: value for key, value in told(full()).items() if key[2:4] == ("mail", "") and not value}
    assert Counter(name for name, *_ in of_mail) == {
        "jobqueue_jobs": len(State),
        "jobqueue_oldest_pending_age_seconds": 1,
        "jobqueue_oldest_running_age_seconds": 1,
        "jobqueue_oldest_dead_letter_age_seconds": 1,
        "jobqueue_due_not_promoted": 1,
        "jobqueue_stuck_jobs": 1,
        "jobqueue_dead_letter_jobs": len(Cause),
        "jobqueue_dead_letter_recent": 1,
        "jobqueue_pages": 1,
        "jobqueue_no_loss": 1,
    }


def test_a_source_that_is_down_tells_only_that_and_which_collectors_failed() -> None:
    assert told(down()) == {
        ("jobqueue_source_up", "shop"): False,
        ("jobqueue_source_over_budget", "shop"): False,
        ("jobqueue_collector_success", "shop", "workers"): False,
        ("jobqueue_collector_duration_seconds", "shop", "workers"): 5,
        ("jobqueue_collector_age_seconds", "shop", "workers"): 0,
        ("jobqueue_collector_last_success_timestamp_seconds", "shop", "workers"): 1763799990,
    }


def test_the_version_of_a_source_does_not_change_when_it_goes_down() -> None:
    assert ("jobqueue_source_info", "shop", "table", "15.18") in told(replace(full(), source="shop"))
    assert [key for key in told(down()) if key[0] == "jobqueue_source_info"] == []


def test_numbers_in_the_snapshot_of_a_source_that_is_down_are_not_told() -> None:
    forgotten = replace(down(), facts=FACTS, flows=full().flows, waits=full().waits, folded={"kind": 1})
    names = {name for name, *_ in told(forgotten)}
    assert names == {name for name, *_ in told(down())}


def test_a_number_that_is_not_finite_has_no_series() -> None:
    ages = LaneJobs(counts={}, oldest_pending_seconds=float("nan"), oldest_running_seconds=float("inf"))
    waits = {"mail": replace(WAITS, seconds=float("nan"))}
    snapshot = replace(NOTHING, facts=Facts(lanes={MAIL: ages}), waits=waits)
    assert told(snapshot) == {("jobqueue_source_up", "shop"): True}


def test_a_lane_without_an_owner_says_so() -> None:
    owners = {key[1:]: value for key, value in told(full()).items() if key[0] == "jobqueue_queue_info"}
    assert owners == {("video", "media", "RENDER", "media"): 1, ("video", "mail", "", ""): 1}


def test_notices_are_counted_once_each_and_none_is_a_zero_where_they_are_told() -> None:
    def noticed(*notices: str) -> catalog.Value:
        return told(replace(NOTHING, facts=Facts(notices=notices)))["jobqueue_source_notices", "shop"]

    assert (noticed(), noticed("a", "b", "a")) == (0, 2)
