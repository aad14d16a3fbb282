"""Addresses of HTTP APIs."""

from __future__ import annotations

import pytest

from jobqueue_exporter.dsn import web_url
from jobqueue_exporter.dsn.web_url import WebUrl
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret


def test_user_and_password_are_taken_out_of_the_address() -> None:
    found = web_url.parse("HTTPS://alice:s3c%40ret@api.example.com:8443/v1?key=k#part")
    assert found == WebUrl(url="https://api.example.com:8443/v1?key=k", user="alice", password=Secret("s3c@ret"))
    assert found.public() == "https://api.example.com:8443/v1"


@pytest.mark.parametrize(
    ("base", "path", "joined"),
    [
        ("http://h", "a/b", "http://h/a/b"),
        ("http://h/", "/a/b", "http://h/a/b"),
        ("http://h/v1/", "/a?x=1", "http://h/v1/a?x=1"),
        ("http://h/v1?key=k", "a?x=1&y=2", "http://h/v1/a?key=k&x=1&y=2"),
        ("http://h/v1?key=k", "a", "http://h/v1/a?key=k"),
    ],
)
def test_a_path_below_an_address_has_the_parameters_of_both(base: str, path: str, joined: str) -> None:
    assert web_url.parse(base).at(path).url == joined


def test_a_path_below_keeps_user_and_password() -> None:
    below = web_url.parse("http://u:p@h").at("a")
    assert (below.user, below.password) == ("u", "p")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://h/a", "http://u:p@H:80/b", True),
        ("https://h", "https://h:443", True),
        ("http://h", "https://h", False),
        ("http://h", "http://h:81", False),
        ("http://h", "http://h.evil.example", False),
    ],
)
def test_whom_one_talks_to(one: str, other: str, same: bool) -> None:
    assert (web_url.parse(one).origin == web_url.parse(other).origin) is same


@pytest.mark.parametrize(
    "text", ["", "api.example.com", "http://", "ftp://s3cret", "http://h:s3cret/", "http://h:0/", "http://[s3cret"]
)
def test_what_is_no_address_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        web_url.parse(text)
    assert str(caught.value) == (
        "this is no address of an HTTP API; expected https://host/path, "
        "with user:password@ before the host if it wants them"
    )
