"""What a recount of minutes found that earlier ones had not."""

from __future__ import annotations

from collections.abc import Mapping

from jobqueue_exporter.collect.recount import Recount, Series, Tally
from jobqueue_exporter.model import Lane

MAIL, MEDIA = Series(Lane("mail")), Series(Lane("media"))
START = 10 * 60.0


def events(**minutes: int) -> dict[int, dict[Series, Tally]]:
    """Events of one lane: `events(m10=3)` has three in the tenth minute."""
    return {int(name[1:]): {MAIL: Tally(count)} for name, count in minutes.items()}


def counted(recount: Recount, start: int, end: float, found: Mapping[int, Mapping[Series, Tally]]) -> int:
    """How many events of any series were new, in a window given in minutes."""
    added = recount.added(start * 60.0, end * 60.0, found, ())
    return sum(tally.events for tally in added.values())


def test_the_first_recount_is_where_counting_starts() -> None:
    recount = Recount()
    assert counted(recount, 10, 15, events(m10=5, m14=2)) == 0
    assert counted(recount, 10, 15, events(m10=5, m14=2)) == 0


def test_what_came_since_is_counted_once() -> None:
    recount = Recount()
    counted(recount, 10, 14.5, events(m14=2))
    assert counted(recount, 10, 14.8, events(m14=5)) == 3
    assert counted(recount, 10, 15.2, events(m14=5, m15=1)) == 1
    assert counted(recount, 10, 15.2, events(m14=5, m15=1)) == 0


def test_a_late_commit_in_an_earlier_minute_is_counted() -> None:
    recount = Recount()
    counted(recount, 10, 15, events(m11=2))
    assert counted(recount, 11, 16, events(m11=3)) == 1


def test_minutes_before_the_first_window_are_never_counted() -> None:
    recount = Recount()
    counted(recount, 10, 15, {})
    assert counted(recount, 5, 16, events(m5=9, m9=9, m10=1)) == 1


def test_minutes_that_have_been_forgotten_are_not_counted_again() -> None:
    recount = Recount()
    counted(recount, 10, 15, {})
    assert counted(recount, 10, 15, events(m10=4)) == 4
    counted(recount, 12, 17, {})
    assert counted(recount, 10, 17, events(m10=4, m12=1)) == 1


def test_a_requeue_that_makes_a_recount_fall_takes_nothing_back_and_hides_nothing_new() -> None:
    recount = Recount()
    counted(recount, 10, 15, {})
    assert counted(recount, 10, 16, events(m14=5)) == 5
    assert counted(recount, 10, 17, events(m14=3)) == 0
    assert counted(recount, 10, 18, events(m14=4)) == 1
    assert counted(recount, 10, 19, events()) == 0
    assert counted(recount, 10, 19, events(m14=1)) == 1


def test_a_fall_in_one_lane_hides_no_rise_in_another() -> None:
    recount = Recount()
    counted(recount, 10, 15, {14: {MAIL: Tally(5)}})
    assert recount.added(START, 900, {14: {MAIL: Tally(3), MEDIA: Tally(2)}}, ()) == {MEDIA: Tally(2)}


def test_a_clock_set_back_a_little_counts_nothing_twice() -> None:
    recount = Recount()
    counted(recount, 10, 15.9, {})
    assert counted(recount, 10, 15.9, events(m14=2, m15=10)) == 12
    assert counted(recount, 9, 14.5, events(m9=7, m14=1)) == 0
    assert counted(recount, 10, 15.6, events(m14=2, m15=7)) == 0
    assert counted(recount, 11, 16.1, events(m14=2, m15=12)) == 2


def test_a_clock_set_far_back_starts_counting_from_there() -> None:
    recount = Recount()
    counted(recount, 100, 105, {})
    assert counted(recount, 100, 105, events(m104=3)) == 3
    assert counted(recount, 40, 45, events(m40=8, m44=8)) == 0
    assert counted(recount, 40, 45.5, events(m44=9, m45=2)) == 3
    assert counted(recount, 100, 105.5, events(m104=3, m105=1)) == 1


def test_a_clock_set_far_ahead_loses_only_what_it_jumped_over() -> None:
    recount = Recount()
    counted(recount, 10, 15, {})
    assert counted(recount, 10, 75, events(m14=1, m74=2)) == 3
    assert counted(recount, 70, 75.5, events(m74=2, m75=1)) == 1


def test_after_an_outage_a_wider_window_brings_all_that_was_missed() -> None:
    recount = Recount()
    counted(recount, 10, 15, {})
    assert counted(recount, 10, 60, events(m15=3, m30=4, m59=5)) == 12


def test_counting_anew_adds_nothing_of_what_is_already_there() -> None:
    recount = Recount()
    counted(recount, 10, 15, {})
    recount.begin_anew()
    assert counted(recount, 10, 16, events(m14=50)) == 0
    assert counted(recount, 11, 17, events(m14=50, m16=1)) == 1


def wait(bound: float) -> Series:
    return Series(Lane("mail"), "mail", bound)


def test_durations_are_the_difference_of_their_sums_and_never_fall() -> None:
    recount = Recount()
    recount.added(START, 900, {14: {wait(5): Tally(2, 7.0)}}, (5.0,))
    assert recount.added(START, 900, {14: {wait(5): Tally(3, 9.5)}}, (5.0,)) == {wait(5): Tally(1, 2.5)}
    assert recount.added(START, 900, {14: {wait(5): Tally(4, 1.0)}}, (5.0,)) == {wait(5): Tally(1, 0.0)}


def test_other_thresholds_sort_the_same_events_anew_and_count_none_twice() -> None:
    recount = Recount()
    recount.added(START, 900, {}, (60.0, 120.0))
    before = {14: {wait(60): Tally(1, 50.0), wait(120): Tally(2, 200.0)}}
    recount.added(START, 900, before, (60.0, 120.0))
    finer = {14: {wait(60): Tally(1, 50.0), wait(90): Tally(1, 80.0), wait(120): Tally(1, 120.0)}}
    assert recount.added(START, 900, finer, (60.0, 90.0, 120.0)) == {}
    assert recount.added(START, 900, before, (60.0, 120.0)) == {}


def test_events_that_come_with_other_thresholds_are_counted_once() -> None:
    recount = Recount()
    recount.added(START, 900, {14: {wait(120): Tally(2, 200.0)}}, (60.0, 120.0))
    now = {14: {wait(60): Tally(1, 10.0), wait(90): Tally(2, 160.0), wait(120): Tally(2, 230.0)}}
    added = recount.added(START, 900, now, (60.0, 90.0, 120.0))
    assert added[wait(60)] == Tally(1, 10.0)
    between = [tally for series, tally in added.items() if series != wait(60)]
    assert sum(tally.events for tally in between) == 2
    assert sum(tally.seconds for tally in between) == 190.0
