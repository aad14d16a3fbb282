"""What a configuration may say of an HTTP API, and what can mean nothing."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.http_fit import json_path
from jobqueue_exporter.config.http_types import HttpJobs, HttpRequest
from jobqueue_exporter.model import State
from tests.config.conftest import Problems, Read

SOURCE = "sources: [{{name: a, dsn: 'https://h', engine: {engine}, http: {{{http}}}}}]"
EITHER = "engine http-json needs either `preset` or `requests`"


@pytest.mark.parametrize(
    ("engine", "http", "problem"),
    [
        ("http-json", "", f"http: {EITHER}"),
        (
            "http-json",
            "preset: dlq-api, requests: [{name: a, path: b, kill_switch: $}]",
            f"http: {EITHER} and not both",
        ),
        (
            "http-json",
            "preset: dlq-api, liveness: 'http://h/healthz'",
            "http.liveness: `liveness` is for engine readiness; here a request says it by `probes`",
        ),
        (
            "readiness",
            "preset: dlq-api",
            "http.preset: `preset` is for engine http-json; readiness knows what its answers mean",
        ),
        ("http-json", "preset: dlq", "http.preset: expected one of `admin-api`, `dlq-api`, got 'dlq'"),
    ],
)
def test_what_is_for_one_engine_is_not_for_the_other(problems: Problems, engine: str, http: str, problem: str) -> None:
    found = [each.replace(" or null", "") for each in problems(SOURCE.format(engine=engine, http=http))]
    assert f"jobqueue.yml:1: sources[0].{problem}" in found


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (
            "{name: a, path: b}",
            ": a request that tells nothing; it needs one of jobs, dead_letters, recovery, breakers, kill_switch, "
            "probes, schedules",
        ),
        (
            "{name: a, path: 'https://other/b', kill_switch: $.a}",
            ".path: expected what follows the address in `dsn`, as in api/queue/stats",
        ),
        (
            "{name: a, path: //other/b, kill_switch: $.a}",
            ".path: expected what follows the address in `dsn`, as in api/queue/stats",
        ),
        (
            "{name: a, path: b, kill_switch: active}",
            ".kill_switch: expected a JSONPath that starts with $, as in $.queue.length",
        ),
        (
            "{name: a, path: b, jobs: [{pending: n}]}",
            ".jobs[0].pending: expected a JSONPath that starts with $, as in $.queue.length",
        ),
        ("{name: a, path: b, jobs: [{kind: '$.a[', pending: $.n}]}", ".jobs[0].kind: not a JSONPath: "),
        ("{name: a, path: b, dead_letters: {recent: {24h: '$..'}}}", ".dead_letters.recent.24h: not a JSONPath: "),
        ("{name: a, path: b, probes: {checks: {name: '$..'}}}", ".probes.checks.name: not a JSONPath: "),
    ],
)
def test_a_request_that_can_mean_nothing_is_a_problem(problems: Problems, request_: str, problem: str) -> None:
    (found,) = problems(SOURCE.format(engine="http-json", http=f"requests: [{request_}]"))
    assert found.startswith(f"jobqueue.yml:1: sources[0].http.requests[0]{problem}")
    assert found == f"jobqueue.yml:1: sources[0].http.requests[0]{problem}" or problem.endswith("JSONPath: ")


def test_each_request_has_a_name_of_its_own(problems: Problems) -> None:
    same = "{name: a, path: b, kill_switch: $.a}"
    assert problems(SOURCE.format(engine="http-json", http=f"requests: [{same}, {same}]")) == [
        "jobqueue.yml:1: sources[0].http.requests[1].name: "
        "`a` is the name of requests[0] too; each request needs its own"
    ]


def test_a_mapping_is_read(read: Read) -> None:
    request = "{name: a, path: 'b?c=1', jobs: [{items: $.rows, each: dead_letter, queue: mail, kind: $.type}]}"
    config = read(SOURCE.format(engine="http-json", http=f"requests: [{request}]"))
    assert config.sources[0].http.requests == (
        HttpRequest(
            name="a",
            path="b?c=1",
            jobs=(HttpJobs(items="$.rows", each=State.DEAD_LETTER, queue="mail", kind="$.type"),),
        ),
    )


@pytest.mark.parametrize("path", ["$", "$.a.b", "$['a b'][0]", "$.a[*].b", "$.a | $.b", "$.a[?@.b == 'c'].d"])
def test_a_json_path_is_fine(path: str) -> None:
    assert json_path(path) is None


def test_headers_and_addresses_are_not_shown_when_they_are_wrong(problems: Problems) -> None:
    http = 'preset: dlq-api, headers: {X-Token: "hunter2\\n"}, liveness: "ftp://hunter2"'
    found = problems(SOURCE.format(engine="http-json", http=http))
    assert len(found) == 3
    assert [each for each in found if "hunter2" in each] == []
