from __future__ import annotations

import pytest

from tests.config.conftest import Problems, Read

SOURCES = "sources: [{name: shop, dsn: host=h}, {name: mail, dsn: host=h}]\n"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            "states: {retry: [a, failed], dead_letter: [failed]}",
            "states.dead_letter[0]: `failed` is listed under `retry`; keep one of both",
        ),
        (
            "events: {table: e, started: [started, created]}",
            "events.started[1]: `created` is listed under `enqueued` by default; give that key too",
        ),
        (
            "events: {table: e, completed: [x], failed: [x]}",
            "events.failed[0]: `x` is listed under `completed`; keep one of both",
        ),
        (
            "dead_letters: {table: d, pending: [abandoned]}",
            "dead_letters.pending[0]: `abandoned` is listed under `abandoned` by default; give that key too",
        ),
    ],
)
def test_a_value_has_one_meaning(problems: Problems, settings: str, problem: str) -> None:
    assert problems(f"sources: [{{name: a, dsn: host=h, {settings}}}]") == [f"jobqueue.yml:1: sources[0].{problem}"]


@pytest.mark.parametrize(
    "settings",
    [
        "states: {waiting: [a, a]}",
        "events: {table: e, started: [created], enqueued: [queued]}",
        "states: {waiting: [A], running: [a]}",
    ],
)
def test_words_that_do_not_clash_are_fine(read: Read, settings: str) -> None:
    read(f"sources: [{{name: a, dsn: host=h, {settings}}}]")


def test_a_source_that_is_there_twice_is_named_once(problems: Problems) -> None:
    text = f"{SOURCES.replace('mail', 'shop')}queues: [{{match: {{source: zz}}}}]"
    assert [each for each in problems(text) if "zz" in each] == [
        "jobqueue.yml:2: queues[0].match.source: no source is called `zz`; there are shop"
    ]


@pytest.mark.parametrize(
    ("match", "hint"),
    [
        ("shpo", "; did you mean `shop`?"),
        ("Shop", "; did you mean `shop`?"),
        ("x*", "; there are shop, mail"),
    ],
)
def test_a_rule_for_a_source_that_does_not_exist_is_a_problem(problems: Problems, match: str, hint: str) -> None:
    assert problems(f"{SOURCES}queues: [{{match: {{source: '{match}'}}}}]") == [
        f"jobqueue.yml:2: queues[0].match.source: no source is called `{match}`{hint}"
    ]


@pytest.mark.parametrize("match", ["shop", "*", "s?op", "*a*"])
def test_a_rule_for_a_source_that_exists_is_fine(read: Read, match: str) -> None:
    read(f"{SOURCES}queues: [{{match: {{source: '{match}'}}}}]")


def test_a_rule_that_can_never_count_is_a_problem(problems: Problems) -> None:
    rules = "queues:\n  - match: {queue: a}\n  - match: {queue: b}\n  - match: {queue: a, source: '*'}\n"
    assert problems(SOURCES + rules) == [
        "jobqueue.yml:5: queues[2].match: queues[0] has the same match and wins; this rule never counts"
    ]


def test_each_repeated_name_is_a_problem(problems: Problems) -> None:
    names = "".join(f"  - {{name: {name}, dsn: host=h}}\n" for name in ("a", "b", "a", "a"))
    assert problems(f"sources:\n{names}") == [
        f"jobqueue.yml:{line}: sources[{index}].name: `a` is the name of sources[0] too; each source needs its own"
        for line, index in [(4, 2), (5, 3)]
    ]


@pytest.mark.parametrize(
    ("engine", "address", "keys", "told"),
    [
        (
            "procrastinate",
            "host=h",
            "table: jobs",
            "sources[0].table: it says nothing to engine procrastinate; it is for table",
        ),
        ("table", "host=h", "bullmq: {}", "sources[0].bullmq: it says nothing to engine table; it is for bullmq"),
        ("table", "host=h", "schema: x", "sources[0].schema: it says nothing to engine table; it is for procrastinate"),
        (
            "bullmq",
            "redis://h",
            "events: false",
            "sources[0].events: it says nothing to engine bullmq; it is for table",
        ),
        (
            "bullmq",
            "redis://h",
            "http: {}",
            "sources[0].http: it says nothing to engine bullmq; it is for readiness and http-json",
        ),
        ("bullmq", "host=h", "", "sources[0].engine: engine bullmq reads a Redis, and `dsn` is of a Postgres database"),
    ],
)
def test_what_says_nothing_to_the_engine_is_told(
    problems: Problems, engine: str, address: str, keys: str, told: str
) -> None:
    text = f"sources:\n  - name: a\n    dsn: {address}\n    engine: {engine}\n    {keys}\n"
    assert [problem.partition(": ")[2] for problem in problems(text)] == [told]


def test_an_address_that_is_not_known_yet_is_of_no_kind(problems: Problems) -> None:
    [told] = problems("sources: [{name: a, engine: bullmq, dsn: '${NOWHERE}'}]")
    assert "NOWHERE" in told
