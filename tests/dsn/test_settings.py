from __future__ import annotations

import psycopg
import pytest

from jobqueue_exporter import dsn
from jobqueue_exporter.dsn.settings import LIBPQ
from jobqueue_exporter.errors import ConfigError

DELIBERATELY_LEFT_OUT = {
    "client_encoding",
    "fallback_application_name",
    "replication",
    "scram_client_key",
    "scram_server_key",
    "sslkeylogfile",
}


def left_out(name: str, why: str = "means nothing to libpq") -> str:
    return f"`{name}` {why} and was left out"


def test_settings_of_libpq_are_passed_on() -> None:
    found = dsn.parse(
        "postgres://h/d?sslmode=verify-full&sslrootcert=/ca.pem&application_name=a%20b&connect_timeout=3"
        "&target_session_attrs=read-only&channel_binding=require"
    )
    assert found.conninfo() == {
        "host": "h",
        "dbname": "d",
        "sslmode": "verify-full",
        "sslrootcert": "/ca.pem",
        "application_name": "a b",
        "connect_timeout": "3",
        "target_session_attrs": "read-only",
        "channel_binding": "require",
    }
    assert found.notices == ()


def test_each_keyword_of_the_libpq_here_is_passed_on_or_left_out_on_purpose() -> None:
    here = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    assert here - LIBPQ == DELIBERATELY_LEFT_OUT & here


@pytest.mark.parametrize(
    "name",
    [
        "pgbouncer",
        "connection_limit",
        "pool",
        "pool_timeout",
        "pool_max_conns",
        "statement_cache_size",
        "socket_timeout",
        "client_encoding",
        "replication",
        "some-thing.else",
    ],
)
def test_what_libpq_does_not_know_is_left_out_and_named(name: str) -> None:
    found = dsn.parse(f"postgres://h/d?{name}=hunter22")
    assert (found.params, found.notices) == ({}, (left_out(name),))


def test_a_parameter_without_a_value_is_left_out_too() -> None:
    assert dsn.parse("postgres://h/d?pgbouncer").notices == (left_out("pgbouncer"),)


@pytest.mark.parametrize("value", ["5s", "", "1.5", "-1", "\u0665"])
def test_a_number_that_is_none_is_left_out(value: str) -> None:
    found = dsn.parse(f"postgres://h/d?connect_timeout={value}")
    assert (found.params, found.notices) == ({}, (left_out("connect_timeout", "is not a whole number"),))


@pytest.mark.parametrize(
    ("query", "search_path"),
    [
        ("schema=jobs", "jobs"),
        ("schema=My%20Jobs", '"My Jobs"'),
        ('schema=a"b', '"a""b"'),
        ("currentSchema=a,B", 'a, "B"'),
        ("search_path=a,%22B%22", 'a,"B"'),
        ("options=-csearch_path%3Da,b", "a,b"),
        ("options=-c%20search_path%3Da", "a"),
        ("options=--search_path%3Da", "a"),
        (r"options=-c%20search_path%3Da,\%20b", "a, b"),
        ("schema=", None),
        ("", None),
    ],
)
def test_a_schema_becomes_the_search_path(query: str, search_path: str | None) -> None:
    found = dsn.parse(f"postgres://h/d?{query}")
    assert (found.search_path, found.params, found.notices) == (search_path, {}, ())


def test_settings_in_options_are_left_out_and_directions_for_a_proxy_stay() -> None:
    found = dsn.parse(
        "postgres://h/d?options=-c%20statement_timeout%3D5s%20endpoint%3Dep-1%20--cluster%3Dc-2%20-cjit%3Doff"
    )
    assert found.params == {"options": "endpoint=ep-1 --cluster=c-2"}
    assert found.notices == (
        "`options` sets `statement_timeout`, which was left out",
        "`options` sets `jit`, which was left out",
    )


@pytest.mark.parametrize(
    ("query", "mode", "notices"),
    [
        ("sslmode=require", "require", ()),
        ("sslmode=no-verify", "require", ("`sslmode` was read as sslmode=require",)),
        ("ssl=true", "require", ("`ssl` was read as sslmode=require",)),
        ("ssl=0", "disable", ("`ssl` was read as sslmode=disable",)),
        ("ssl=true&sslmode=verify-full", "verify-full", ("`ssl` was read as sslmode=verify-full",)),
    ],
)
def test_the_words_of_other_drivers_for_tls_are_understood(query: str, mode: str, notices: tuple[str, ...]) -> None:
    found = dsn.parse(f"postgres://h/d?{query}")
    assert (found.params, found.notices) == ({"sslmode": mode}, notices)


def test_a_wrong_sslmode_is_refused_with_the_right_ones() -> None:
    with pytest.raises(ConfigError) as refusal:
        dsn.parse("postgres://h/d?sslmode=hunter22")
    assert str(refusal.value) == (
        "`sslmode` in the connection string is none of disable, allow, prefer, require, verify-ca, verify-full"
    )
