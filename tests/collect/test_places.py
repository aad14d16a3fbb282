"""Lanes past the limit are told as one, and never change their place."""

from __future__ import annotations

from jobqueue_exporter.collect.places import OTHER_LANE, OTHER_QUEUE, Places
from jobqueue_exporter.model import Lane


def places(cap: int, *reserved: str, forget_after: float = 100) -> Places[str]:
    found: Places[str] = Places(OTHER_QUEUE)
    found.configure(reserved, cap=cap, forget_after=forget_after, now=0)
    return found


def test_every_key_keeps_its_name_while_there_is_room() -> None:
    found = places(2)
    found.see(["b", "a"], 0)
    assert (found.known, found.folded) == (["a", "b"], 0)


def test_reserved_keys_come_first_and_then_those_seen_first() -> None:
    found = places(3, "reserved")
    found.see(["late"], 0)
    found.see(["a", "b"], 1)
    assert found.known == ["reserved", "late", "a", OTHER_QUEUE]
    assert [found.shown(key) for key in ("reserved", "late", "a", "b")] == ["reserved", "late", "a", OTHER_QUEUE]


def test_reserved_keys_past_the_limit_fold_as_well() -> None:
    found = places(2, "c", "b", "a")
    assert (found.known, found.folded) == (["c", "b", OTHER_QUEUE], 1)


def test_of_keys_that_are_new_together_the_choice_does_not_depend_on_chance() -> None:
    one, other = places(2), places(2)
    one.see(["c", "a", "b"], 0)
    other.see(["b", "c", "a"], 0)
    assert one.known == other.known == ["a", "b", OTHER_QUEUE]


def test_a_key_is_forgotten_when_it_was_not_seen_for_long() -> None:
    found = places(2, "reserved")
    found.see(["a"], 0)
    found.see(["reserved"], 0)
    assert found.forget(100) == []
    assert found.forget(101) == ["a"]
    assert found.known == ["reserved"]


def test_being_seen_keeps_a_key_known() -> None:
    found = places(2)
    found.see(["a"], 0)
    found.see(["a"], 90)
    assert found.forget(150) == []


def test_a_folded_key_stays_folded_when_a_place_is_freed() -> None:
    found = places(1)
    found.see(["a"], 0)
    found.see(["b"], 50)
    found.forget(101)
    found.see(["b"], 102)
    assert found.shown("b") == OTHER_QUEUE
    found.see(["new"], 103)
    assert found.shown("new") == "new"


def test_a_folded_key_stays_folded_when_it_is_reserved_or_the_limit_is_raised() -> None:
    found = places(1)
    found.see(["a", "b"], 0)
    found.configure(["b"], cap=10, forget_after=100, now=1)
    found.see(["c"], 1)
    assert found.known == ["a", "c", OTHER_QUEUE]


def test_a_kept_key_stays_when_the_limit_is_lowered() -> None:
    found = places(2)
    found.see(["a", "b"], 0)
    found.configure([], cap=1, forget_after=100, now=1)
    found.see(["a", "b", "c"], 1)
    assert found.known == ["a", "b", OTHER_QUEUE]


def test_folded_keys_are_forgotten_too_and_the_place_for_all_others_stays() -> None:
    found = places(1)
    found.see(["a", "b"], 0)
    found.forget(101)
    assert (found.known, found.folded) == ([OTHER_QUEUE], 0)


def test_a_real_lane_of_that_name_is_told_with_all_others() -> None:
    found: Places[Lane] = Places(OTHER_LANE)
    found.configure([], cap=5, forget_after=100, now=0)
    found.see([OTHER_LANE, Lane("a")], 0)
    assert (found.known, found.folded) == ([Lane("a"), OTHER_LANE], 0)
