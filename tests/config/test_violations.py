from __future__ import annotations

import pytest

from jobqueue_exporter.config.engines import ENGINES
from tests.config.conftest import Problems

DURATION = "a duration such as 500ms, 5s, 10m, 2h or 1d"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("tabel: x", "sources[0]: unknown key `tabel`; did you mean `table`?"),
        ("heartbeats: {table: t, xyz: 1}", "sources[0].heartbeats: unknown key `xyz`; known here: table, forget"),
        ("events: {job_id: x}", "sources[0].events: the key `table` is missing"),
        (
            "engine: tabel",
            f"sources[0].engine: expected one of {', '.join(f'`{name}`' for name in ENGINES)} or null, got 'tabel'",
        ),
        ("events: true", "sources[0].events: expected false or a mapping or null, got true"),
        ("events: [x]", "sources[0].events: expected false or a mapping or null, got a list"),
        ("states: {waiting: 5}", "sources[0].states.waiting: expected a list of strings, got 5"),
        ("states: {waiting: [a, 5]}", "sources[0].states.waiting[1]: expected a string, got 5; put it in quotes"),
        ("states: {waiting: }", "sources[0].states.waiting: expected a list of strings, got nothing"),
        ("table: {a: b}", "sources[0].table: expected a string or null, got a mapping"),
        ("count_cap: '5'", "sources[0].count_cap: expected a whole number, 1 or more, got '5'"),
        ("count_cap: 0", "sources[0].count_cap: expected a whole number, 1 or more, got 0"),
        ("count_cap: 1.5", "sources[0].count_cap: expected a whole number, 1 or more, got 1.5"),
        ("budget: 1", "sources[0].budget: expected a number between 0 and 1, got 1"),
        ("check_binaries_here: yes", "sources[0].check_binaries_here: expected true or false, got 'yes'"),
        ("timeout: 0", f"sources[0].timeout: expected {DURATION}, more than 0, got 0"),
        ("timeout: 5x", f"sources[0].timeout: expected {DURATION}, more than 0, got '5x'"),
        ("timeout: true", f"sources[0].timeout: expected {DURATION}, more than 0, got true"),
        ("timeout: 9999d", f"sources[0].timeout: expected {DURATION}, more than 0, got '9999d'"),
        ("timeout: .inf", f"sources[0].timeout: expected {DURATION}, more than 0, got inf"),
        ("max_age: -1", f"sources[0].max_age: expected {DURATION}, or 0, got -1"),
        (
            "causes: [{match: x, cause: nope}]",
            "sources[0].causes[0].cause: expected one of "
            "`recoverable`, `system_error`, `unknown`, `user_error`, got 'nope'",
        ),
        ("causes: [{match: x}]", "sources[0].causes[0]: the key `cause` is missing"),
    ],
)
def test_each_violation_is_told_in_plain_words(problems: Problems, line: str, problem: str) -> None:
    found = problems(f"sources:\n  - name: a\n    dsn: host=h\n    {line}\n")
    assert found == [f"jobqueue.yml:4: {problem}"]


def test_a_long_value_is_cut(problems: Problems) -> None:
    [found] = problems(f"sources: [{{name: a, dsn: host=h, engine: {'x' * 70}}}]")
    assert found.endswith(f", got '{'x' * 60}…'")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("server: {}", "the key `sources` is missing"),
        ("sources:", "sources: expected a list of mappings, at least 1, got nothing"),
        ("sources: []", "sources: expected a list of mappings, at least 1, got an empty list"),
        ("sources: {name: a}", "sources: expected a list of mappings, at least 1, got a mapping"),
        (
            "sources: [{name: a b, dsn: host=h}]",
            "sources[0].name: expected a name: letters, digits, `.`, `_` and `-`, at most 63, "
            "a letter or digit first, got 'a b'",
        ),
        (
            "sources: [{name: a, dsn: host=h}]\nserver: {metrics: none}",
            "server.metrics: expected one of `all`, `self`, got 'none'",
        ),
    ],
)
def test_violations_outside_a_source_are_told_too(problems: Problems, text: str, problem: str) -> None:
    line = text.count("\n") + 1
    assert problems(text) == [f"jobqueue.yml:{line}: {problem}"]


@pytest.mark.parametrize(
    "text",
    [
        "sources: ['postgres://u:hunter22@h/d']",
        "sources: 'postgres://u:hunter22@h/d'",
        "sources: 'host=h password=hunter22'",
        "sources: [{name: 'postgres://u:hunter22@h/d', dsn: host=h}]",
        "sources: [{name: a, dsn: [hunter22]}]",
        "sources: [{name: a, dsn: {x: hunter22}}]",
        "sources: [{name: a, dsn: 'postgres://u:hunter22@h:x/d'}]",
        "sources: [{name: a, dsn: 'host=h password=hunter22 x'}]",
        "sources: [{name: a, dsn: hunter22}]",
        "sources: [{name: a, dsn: host=h, engine: 'postgres://u:hunter22@h/d'}]",
        "sources: [{name: a, dsn: host=h, table: 'postgres://u:hunter22@h/d'}]",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_shown(problems: Problems, text: str) -> None:
    found = problems(text)
    assert found
    assert "hunter22" not in "".join(found)


def test_a_number_as_connection_string_is_not_shown(problems: Problems) -> None:
    assert problems("sources: [{name: a, dsn: 12345678}]") == [
        "jobqueue.yml:1: sources[0].dsn: expected a string, got something else; put it in quotes"
    ]


def test_all_problems_are_told_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    text = """\
servr: {}
server:
  listen: here
sources:
  - name: shop
    dsn: postgres://u:hunter22@h:99999/db
    tabel: x
    states:
      waiting: 5
      retry: [failed]
      dead_letter: [failed]
    timeout: 5x
    timeout: 5s
  - name: shop
    dsn: ${NOPE}
queues:
  - match: {source: shpo}
    wait_objective: 0
"""
    assert problems(text) == [
        "jobqueue.yml:1: unknown key `servr`; did you mean `server`?",
        "jobqueue.yml:3: server.listen: expected an address and a port from 0 to 65535, as in :10227, 127.0.0.1:10227 "
        "or [::1]:10227, got 'here'",
        "jobqueue.yml:6: sources[0].dsn: the port in the connection string is not a number from 1 to 65535",
        "jobqueue.yml:7: sources[0]: unknown key `tabel`; did you mean `table`?",
        "jobqueue.yml:9: sources[0].states.waiting: expected a list of strings, got 5",
        "jobqueue.yml:11: sources[0].states.dead_letter[0]: `failed` is listed under `retry`; keep one of both",
        f"jobqueue.yml:12: sources[0].timeout: expected {DURATION}, more than 0, got '5x'",
        "jobqueue.yml:13: sources[0].timeout: the key is there twice; first on line 12",
        "jobqueue.yml:14: sources[1].name: `shop` is the name of sources[0] too; each source needs its own",
        "jobqueue.yml:15: sources[1].dsn: the environment variable `NOPE` is not set; "
        "set it, put it into .env, or give a default: ${NOPE:-…}",
        "jobqueue.yml:17: queues[0].match.source: no source is called `shpo`; did you mean `shop`?",
        f"jobqueue.yml:18: queues[0].wait_objective: expected {DURATION}, more than 0, got 0",
    ]
