"""Addresses of Redis, also as people really write them."""

from __future__ import annotations

import pytest

from jobqueue_exporter.dsn.redis_url import RedisUrl, parse
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

SECRET = "hunter22"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://", RedisUrl()),
        ("redis://h", RedisUrl(host="h")),
        ("REDIS://h:6380/3", RedisUrl(host="h", port=6380, db=3)),
        ("redis://h/", RedisUrl(host="h")),
        ("redis://h?db=4", RedisUrl(host="h", db=4)),
        ("redis://:p@h", RedisUrl(host="h", password=Secret("p"))),
        ("rediss://u:p@h:1/2", RedisUrl(host="h", port=1, db=2, user="u", password=Secret("p"), tls=True)),
        ("redis://u:a%40b%2Fc@h", RedisUrl(host="h", user="u", password=Secret("a@b/c"))),
        ("redis://[::1]:7/1", RedisUrl(host="::1", port=7, db=1)),
        ("unix:///run/redis.sock?db=2", RedisUrl(path="/run/redis.sock", db=2)),
        ("redis+unix://:p@/run/r%20s.sock", RedisUrl(path="/run/r s.sock", password=Secret("p"))),
        ('"redis://h/1"', RedisUrl(host="h", db=1)),
        ("redis://h?password=p&username=u", RedisUrl(host="h", user="u", password=Secret("p"))),
    ],
)
def test_an_address_is_taken_apart(text: str, expected: RedisUrl) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("password", ["p@ss", "a/b", "a/1@b", "a?b=c", "a#b", "a:b", "100%", "%zz", "%ff", "a@b:1/x@"])
def test_a_password_that_nobody_encoded_is_read_as_it_is(password: str) -> None:
    assert parse(f"redis://u:{password}@host:6379/1") == RedisUrl(
        host="host", db=1, user="u", password=Secret(password)
    )


def test_parameters_of_tls_are_heeded() -> None:
    files = "ssl_ca_certs=/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem"

    assert parse(f"rediss://h?{files}&ssl_check_hostname=false") == RedisUrl(
        host="h", tls=True, ca_file="/ca.pem", cert_file="/c.pem", key_file="/k.pem", check_hostname=False
    )
    assert parse("rediss://h?ssl_cert_reqs=none") == RedisUrl(host="h", tls=True, verify=False)


def test_what_is_not_used_is_said() -> None:
    url = parse("redis://h?socket_timeout=3&protocol=3")

    assert url.notices == ("left out of the address, as we do not use it: protocol, socket_timeout",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h:6379",
        f"amqp://u:{SECRET}@h",
        f"redis-sentinel://:{SECRET}@h/1",
        f"redis://u:{SECRET}@h:99999",
        f"redis://u:{SECRET}@h:0",
        f"redis://u:{SECRET}@h/mail",
        f"redis://u:{SECRET}@h?db=x",
        f"redis://u:{SECRET}@h h",
        f"redis://u:{SECRET}\0@h",
        f"redis://{SECRET}@h",
        f"unix://u:{SECRET}@",
    ],
)
def test_what_cannot_be_read_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text)

    assert "expected redis://user:password@host:6379/0" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"rediss://u:{SECRET}@h:1/2?ssl_cert_reqs=none", "rediss://u@h:1/2"),
        (f"redis://:{SECRET}@[::1]", "redis://[::1]:6379/0"),
        (f"unix://:{SECRET}@/r.sock", "unix:///r.sock?db=0"),
    ],
)
def test_what_is_shown_holds_no_password(text: str, expected: str) -> None:
    assert parse(text).public() == expected
    assert SECRET not in repr(parse(text))
