from __future__ import annotations

import pytest

from jobqueue_exporter.config import pattern
from jobqueue_exporter.config.policy import configured_lanes, policy
from jobqueue_exporter.config.types import Config, Duration, Match, QueueRule, Source
from jobqueue_exporter.model import Lane, Policy


def config(*rules: QueueRule) -> Config:
    return Config(sources=(Source(name="shop"),), queues=rules)


def rule(owner: str = "", **match: str) -> QueueRule:
    return QueueRule(match=Match(**match), owner=owner)


def owner(rules: Config, queue: str, kind: str = "", source: str = "shop") -> str:
    return policy(rules, source, Lane(queue, kind)).owner


@pytest.mark.parametrize(
    ("written", "text", "fits"),
    [
        ("mail", "mail", True),
        ("mail", "Mail", False),
        ("mail", "mails", False),
        ("*", "", True),
        ("*", "a\nb", True),
        ("mail*", "mail", True),
        ("*mail", "email", True),
        ("m*l", "mail", True),
        ("m?il", "mail", True),
        ("mail?", "mail", False),
        ("?", "😀", True),
        ("[a]", "a", False),
        ("[a]", "[a]", True),
        ("a.b", "axb", False),
        ("a\\b", "a\\b", True),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_only_star_and_question_mark_are_wild(written: str, text: str, fits: bool) -> None:
    assert pattern.matches(written, text) is fits


def test_many_stars_do_not_make_matching_slow() -> None:
    assert not pattern.matches("*" * 5000 + "b", "a" * 5000)


def test_the_first_rule_that_matches_wins() -> None:
    rules = config(
        rule("one", queue="mail", kind="BULK"), rule("two", queue="mail"), rule("three", kind="BULK"), rule("rest")
    )
    lanes = [("mail", "BULK"), ("mail", "x"), ("web", "BULK"), ("web", "x")]
    assert [owner(rules, *lane) for lane in lanes] == ["one", "two", "three", "rest"]


def test_a_rule_is_for_the_sources_that_it_names() -> None:
    rules = config(rule("shops", source="shop*"), rule("mail", source="mail"))
    assert [owner(rules, "q", source=source) for source in ("shop2", "mail", "other")] == ["shops", "mail", ""]


def test_queue_and_kind_are_told_apart() -> None:
    rules = config(rule("wrong", queue="a*b", kind=""), rule("right", queue="a", kind="b"))
    assert owner(rules, "a", "b") == "right"


def test_a_lane_without_a_rule_has_the_defaults() -> None:
    assert policy(config(), "shop", Lane("q")) == Policy()
    assert policy(config(rule(queue="other")), "shop", Lane("q")) == Policy()


def test_the_defaults_of_a_rule_are_those_of_a_lane_without_one() -> None:
    assert policy(config(rule()), "shop", Lane("q")) == Policy()


def test_all_wishes_of_a_rule_are_kept() -> None:
    wanted = QueueRule(
        match=Match(),
        owner="media",
        wait_objective=Duration(60),
        success_objective=0.9,
        max_runtime=Duration(1800),
        page=False,
        no_loss=True,
    )
    assert policy(config(wanted), "shop", Lane("q")) == Policy(
        owner="media",
        wait_objective_seconds=60,
        success_objective_ratio=0.9,
        max_runtime_seconds=1800,
        page=False,
        no_loss=True,
    )


def test_two_configurations_in_turn_do_not_mix() -> None:
    old, new = config(rule("old")), config(rule("new"))
    assert [owner(each, "q") for each in (old, new, old)] == ["old", "new", "old"]


def test_many_rules_are_told_apart() -> None:
    rules = config(*(rule(f"o{number}", queue=f"q{number}") for number in range(500)))
    assert [owner(rules, f"q{number}") for number in (0, 99, 100, 499)] == ["o0", "o99", "o100", "o499"]


def test_lanes_that_are_named_in_full_are_known() -> None:
    rules = config(
        rule(source="shop", queue="mail", kind="BULK"),
        rule(source="*", queue="web", kind=""),
        rule(source="shop", queue="mail", kind="BULK", owner="again"),
        rule(source="other", queue="x", kind="y"),
        rule(source="shop", queue="mail"),
        rule(source="shop", queue="m?", kind="z"),
    )
    assert configured_lanes(rules, "shop") == (Lane("mail", "BULK"), Lane("web", ""))
