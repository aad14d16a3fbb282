from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobqueue_exporter.masking import block, hidden, json_text, line, masked, prose

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFO"

SECRETS = {
    "postgres://app:hunter2@db.example.com:5432/x refused": "postgres://app:***@db.example.com:5432/x refused",
    "postgres://app:p@ss@db.example.com/x": "postgres://app:***@db.example.com/x",
    "redis://:hunter2@cache:6379/0 is down": "redis://:***@cache:6379/0 is down",
    "cut within redis://app:hunt": "cut within redis://app:***",
    "git clone https://tok1234567890abcdefghi@github.com/x": "git clone https://***@github.com/x",
    "host=db password='two words' dbname=x": "host=db password='***' dbname=x",
    "DB_PASSWORD=hunter2; PGUSER=app": "DB_PASSWORD=***; PGUSER=app",
    "password: hunter2": "password: ***",
    "X-Api-Key: abcdef123": "X-Api-Key: ***",
    "GET /x?access_token=abc&id=3 gave 500": "GET /x?access_token=***&id=3 gave 500",
    "https://s3/x?X-Amz-Signature=ab12&X-Amz-Expires=30": "https://s3/x?X-Amz-Signature=***&X-Amz-Expires=30",
    "Authorization: Bearer abc.def-123 was refused": "Authorization: Bearer *** was refused",
    "curl -H 'Authorization: Basic dXNlcjpwYXNz' x": "curl -H 'Authorization: Basic ***' x",
    "Cookie: a=b; sid=xyz": "Cookie: ***",
    f"jwt malformed {JWT} at 1": "jwt malformed *** at 1",
    "AKIAIOSFODNN7EXAMPLE is not allowed": "*** is not allowed",
    "bad credentials ghp_abcdefghijklmnopqrstuvwxyz0123456789": "bad credentials ***",
    "slack xoxb-1234567890-abcdefghij": "slack ***",
    "stripe: No such key sk_live_abcdefghij0123456789": "stripe: No such key ***",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY----- x": (
        "-----BEGIN RSA PRIVATE KEY----- *** -----END RSA PRIVATE KEY----- x"
    ),
    "no mailbox for jane.doe@example.co.uk": "no mailbox for j***@example.co.uk",
    "card 4111 1111 1111 1111 declined": "card *** declined",
    'failed with {"password": "a b", "id": 7': 'failed with {"password": "***", "id": 7',
    r'said "{\"token\": \"abc123\"}"': r'said "{\"token\": \"***\"}"',
}

ORDINARY = (
    "",
    "HTTP 404: source video not found in bucket uploads",
    "could not connect to server 10.0.0.1 port 5432 after 30s (attempt 3/5)",
    "Unexpected token: <!DOCTYPE at line 1",
    "token: unexpected end of JSON input",
    "invalid token: expired",
    "max_tokens: 4096 is more than 1500",
    "tokens=1500 prompt_tokens=900",
    "password: must be at least 8 characters",
    "invalid credentials: user 42 not found",
    "Basic authentication failed for realm 'x'",
    "expected -----BEGIN PRIVATE KEY----- at line 1",
    "lodash@4.17.21 and react@18.2.0/index.js cannot be resolved",
    "http://127.0.0.1:8080/jobs/7?limit=20 gave 503",
    "job 550e8400-e29b-41d4-a716-446655440000 of worker-1:1234:1234567890",
    "order 4111111111111112 took 1400 ms at 2026-01-31T23:59:59.123Z",
    "duplicate key value violates unique constraint (id)=(7)",
    "s3://uploads/0257.mp4: frame 2917 does not match its checksum",
    "KeyError: 'kind'\n  File \"/app/worker.py\", line 12, in run\n",
    "grant:sub_12345:channel_6789 failed",
    '{"id": 12345678901234567890, "ratio": 1.10, "max_tokens": 4096, "kind": "A", "kind": "B"}',
    '{"token": null, "password": "", "has_password": true, "secret": false}',
)


@pytest.mark.parametrize(("text", "shown"), SECRETS.items())
def test_secrets_are_masked_and_what_is_around_them_stays(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


def test_in_json_values_under_telling_keys_are_masked_whatever_they_are() -> None:
    text = (
        '{ "accessToken": 12345, "n": 1.50,\n "secrets": {"a": [1, "]"]}, "to": "jane@example.com", "b": [{"Pwd":"x"}]}'
    )
    shown = '{ "accessToken": "***", "n": 1.50,\n "secrets": "***", "to": "j***@example.com", "b": [{"Pwd":"***"}]}'
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<password>hunter2</password>", "<password>***</password>"),
        ('<a:apiKey id="7"> hunter 2\n</a:apiKey><n>1</n>', '<a:apiKey id="7"> ***</a:apiKey><n>1</n>'),
        ("x<password><![CDATA[a<b]]></password>", "x<password>***</password>"),
        ("<password>hunter", "<password>***"),
        ("List<Token> is no <b>bold</b>", "List<Token> is no <b>bold</b>"),
        ('{"name":"DB_PASSWORD","value":"hunter2"}', '{"name":"DB_PASSWORD","value":"***"}'),
        (
            '[{"Value": {"a": [1]}, "Key": "api-key"}, {"name": "HOST", "value": "db"}]',
            '[{"Value": "***", "Key": "api-key"}, {"name": "HOST", "value": "db"}]',
        ),
        (
            '{"name": "token", "inner": {"value": 1}, "value": ""}',
            '{"name": "token", "inner": {"value": 1}, "value": ""}',
        ),
        ("env {'name': 'DB_PASSWORD', 'value': 'hunter2'}", "env {'name': 'DB_PASSWORD', 'value': '***'}"),
        ("- name: DB_PASSWORD\n  value: hunter2\n", "- name: DB_PASSWORD\n  value: ***\n"),
    ],
)
def test_elements_and_pairs_that_name_a_secret_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_json_within_a_string_of_json_is_masked_too() -> None:
    text = json.dumps({"body": json.dumps({"password": "hunter2", "id": 7})})
    assert json.loads(json.loads(masked(text))["body"]) == {"password": "***", "id": 7}


def test_a_value_is_hidden_where_its_name_says_that_it_is_a_secret() -> None:
    assert (hidden("api_key", "abc"), hidden("api_key", ""), hidden("id", "7")) == ("***", "", "7")


def test_masking_twice_changes_nothing_more() -> None:
    assert [masked(masked(text)) for text in SECRETS] == [*SECRETS.values()]


def test_of_an_endless_text_the_rest_is_left_out_and_said_to_be() -> None:
    shown = masked("word " * 100_000 + "password=hunter2")
    assert (len(shown) < 251_000, shown.endswith("… (500,016 characters in all)")) == (True, True)


def test_a_secret_at_the_cut_does_not_show_its_beginning() -> None:
    assert "hunter2" not in masked(f"{'x ' * 124_990}redis://app:hunter2{'y' * 500}@cache and more")


HOSTILE = (
    "a",
    "://",
    "://a:",
    "password=",
    "a@",
    'token":"',
    "eyJ",
    '\\"',
    "a.",
    "basic ",
    "x'",
    "password='",
    "{",
    "[",
    "<a>",
    "<password>",
    "<password ",
    "<![CDATA[",
    "]",
    "name=token ",
    "value=",
)


EXPRESSIONS = sorted(
    expression.pattern
    for module in (prose, json_text)
    for expression in vars(module).values()
    if isinstance(expression, re.Pattern)
)
# What stands for one character, and what is said of how often something comes.
ONE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
TIMES = re.compile(r"(?:(?P<any>[*+])|\?|\{\d+(?P<more>,(?P<most>\d*))?\})(?P<possessive>\+?)")
FEW = 300


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_no_expression_goes_back_over_more_than_a_few_characters(expression: str) -> None:
    tries = [found for found in TIMES.finditer(ONE.sub("x", expression)) if not found["possessive"]]
    assert [each[0] for each in tries if each["any"] or (each["more"] and int(each["most"] or FEW + 1) > FEW)] == []


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([*HOSTILE, "-----BEGIN PRIVATE KEY-----", "-----END ", "cookie: a=b;", "4111 "]), min_size=1
    )
)
def test_no_text_is_too_much(parts: list[str]) -> None:
    # A search that grows with the square would take minutes: the limit for any test ends it.
    masked(("".join(parts) * 100_000)[:100_000])


@given(st.text(max_size=200), st.integers(1, 50))
def test_a_line_is_printable_and_no_longer_than_asked(text: str, length: int) -> None:
    shown = line(text, length)
    assert (shown.isprintable(), len(shown) <= length) == (True, True)


@given(st.text(max_size=200), st.integers(1, 50))
def test_a_block_holds_nothing_but_what_is_printable_and_line_breaks(text: str, length: int) -> None:
    assert all(c.isprintable() or c == "\n" for c in block(text, length))


def test_escapes_and_marks_that_turn_the_direction_do_not_reach_a_terminal() -> None:
    text = "\x1b[2Jred\u202e\u2066evil\x9b31m\r\nnext\x00\tend"
    assert line(text, 100) == "[2Jred evil 31m next end"
    assert block(text, 100) == " [2Jred  evil 31m\nnext     end"


def test_what_was_cut_is_said_to_be() -> None:
    assert line("one two three", 7) == "one tw…"
    assert block("one\ntwo three", 7) == "one\ntwo… (13 characters in all)"
    assert (line("one", 3), block("one", 3)) == ("one", "one")


def test_a_line_of_an_endless_text_takes_no_time_for_its_end() -> None:
    assert line("x" * 10 + " " * 50_000_000 + "y", 80) == "xxxxxxxxxx…"
