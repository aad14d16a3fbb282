"""Flows are counted from the events that the engine writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from jobqueue_exporter.model import Flow, FlowCount, FlowWindow, Lane, Signal
from tests.engines.procrastinate.site import Site, Told, request

OK, BOOM, FLAKY = (Lane("default", task) for task in ("ok", "boom", "flaky"))


def _window(told: Told) -> FlowWindow:
    assert told.errors == {}
    window = told.facts.flow_window
    assert window is not None
    return window


def _counted(counts: Iterable[FlowCount]) -> Counter[tuple[Lane, Flow]]:
    found: Counter[tuple[Lane, Flow]] = Counter()
    for one in counts:
        found[one.lane, one.flow] += one.count
    return found


def test_all_that_happened_is_counted_once(site: Site) -> None:
    for task in ("ok", "ok", "boom", "flaky"):
        site.defer(task)
    site.work()
    cancelled = site.defer("ok")
    site.app.job_manager.cancel_job_by_id(cancelled)

    window = _window(site.told())

    assert _counted(window.counts) == {
        (OK, Flow.ENQUEUED): 3,
        (OK, Flow.WAIT): 2,
        (OK, Flow.RUN): 2,
        (OK, Flow.COMPLETED): 2,
        (OK, Flow.CANCELLED): 1,
        (BOOM, Flow.ENQUEUED): 1,
        (BOOM, Flow.WAIT): 1,
        (BOOM, Flow.RUN): 1,
        (BOOM, Flow.ATTEMPT_FAILED): 1,
        (BOOM, Flow.DEAD_LETTER): 1,
        (FLAKY, Flow.ENQUEUED): 1,
        (FLAKY, Flow.WAIT): 1,
        (FLAKY, Flow.RUN): 1,
        (FLAKY, Flow.ATTEMPT_FAILED): 1,
    }
    assert window.tells == frozenset(Flow) - {Flow.DISCARDED}


def _events(site: Site, *events: tuple[str, str]) -> None:
    """A job with these events and no others, each (word, SQL of its moment)."""
    job = site.defer("ok")
    site.run(f"DELETE FROM procrastinate_events WHERE job_id = {job}")
    for word, at in events:
        site.run(f"INSERT INTO procrastinate_events (job_id, type, at) VALUES ({job}, '{word}', {at})")


def _durations(window: FlowWindow, flow: Flow) -> list[float]:
    return sorted(round(one.seconds, 3) for one in window.counts if one.flow is flow)


def test_a_job_waits_from_when_it_could_have_been_claimed(site: Site) -> None:
    end = site.row("SELECT date_trunc('minute', now()) - interval '1 minute'")[0]
    at = f"timestamptz '{end}'"
    _events(site, ("deferred", f"{at} - interval '9 s'"), ("started", at))
    _events(site, ("scheduled", f"{at} - interval '4 s'"), ("deferred", f"{at} - interval '90 s'"), ("started", at))
    _events(site, ("scheduled", f"{at} - interval '1 day'"), ("deferred", f"{at} - interval '2 s'"), ("started", at))
    _events(
        site,
        ("deferred", f"{at} - interval '900 s'"),
        ("started", f"{at} - interval '890 s'"),
        ("scheduled", f"{at} - interval '20 s'"),
        ("deferred_for_retry", f"{at} - interval '60 s'"),
        ("started", at),
        ("succeeded", f"{at} + interval '7 s'"),
    )

    window = _window(site.told())

    assert sum(_durations(window, Flow.WAIT)) == 9 + 4 + 2 + 20
    assert _durations(window, Flow.RUN) == [7, 830]


@pytest.mark.parametrize("events", [3, 2000])
def test_events_of_the_window_are_found_among_many(site: Site, events: int) -> None:
    site.defer("ok")
    site.run(
        "INSERT INTO procrastinate_events (job_id, type, at) SELECT 1, 'deferred', now() - interval '1 day' + "
        f"g * interval '1 ms' FROM generate_series(1, {events}) g",
        "INSERT INTO procrastinate_events (job_id, type, at) SELECT 1, 'scheduled', now() + interval '1 day' "
        "FROM generate_series(1, 700) g",
        "INSERT INTO procrastinate_events (job_id, type, at) SELECT 1, 'succeeded', now() FROM generate_series(1, 900)",
    )
    reader = site.reader()
    first = _window(site.told(reader))

    site.run("INSERT INTO procrastinate_events (job_id, type, at) VALUES (1, 'succeeded', now() - interval '1 min')")
    second = _window(site.told(reader, since=first.end))

    assert _counted(first.counts)[OK, Flow.COMPLETED] == 900
    assert _counted(second.counts)[OK, Flow.COMPLETED] == 901


def test_only_the_end_of_a_long_history_is_read(site: Site) -> None:
    site.defer("ok")
    site.run(
        "INSERT INTO procrastinate_events (job_id, type, at) SELECT 1, 'succeeded', now() - interval '10 days' + "
        "g * interval '1 s' FROM generate_series(1, 20000) g"
    )
    reader = site.reader()
    site.told(reader)
    newest = site.row("SELECT max(id) FROM procrastinate_events")[0]

    statements = reader.statements(request())

    query = next(one.text for one in statements if "ev.id > " in one.text)
    assert newest - 1000 < int(query.partition("ev.id > ")[2].split()[0]) <= newest


def test_a_history_that_was_cut_off_is_searched_from_its_start(site: Site) -> None:
    for _ in range(3):
        site.defer("ok")
    site.run(
        "INSERT INTO procrastinate_events (job_id, type, at) SELECT 1, 'succeeded', now() - interval '1 day' "
        "FROM generate_series(1, 5000) g"
    )
    reader = site.reader()
    site.told(reader)
    site.run("TRUNCATE procrastinate_events RESTART IDENTITY")
    site.defer("ok")

    assert _counted(_window(site.told(reader)).counts) == {(OK, Flow.ENQUEUED): 1}


def test_workers_that_delete_what_has_ended_leave_nothing_to_count(site: Site) -> None:
    reader = site.reader()
    site.defer("ok")
    assert _window(site.told(reader)).tells
    assert (reader.signals[Signal.FINISHED], reader.signals[Signal.FAILED]) == (True, True)

    site.work("--delete")
    window = _window(site.told(reader))

    assert (window.tells, window.counts) == (frozenset(), ())
    flowing = (Signal.FINISHED, Signal.FAILED, Signal.ENQUEUED, Signal.WAIT, Signal.RUN)
    assert {signal for signal in flowing if reader.signals[signal]} == set()
    assert site.told(reader).facts.notices == (
        "jobs vanish when they end (delete_jobs is not never), and their events with them: what was enqueued, "
        "finished and waited for cannot be told",
    )


def test_a_job_that_somebody_deleted_is_no_sign_while_others_succeed(site: Site) -> None:
    reader = site.reader()
    site.defer("ok")
    site.work()
    cancelled = site.defer("ok")
    site.told(reader)

    site.app.job_manager.cancel_job_by_id(cancelled, delete_job=True)

    assert _window(site.told(reader)).tells
