"""What an API answers, and what is said of one that answers otherwise."""

from __future__ import annotations

import gzip
import json
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from jobqueue_exporter.dsn import web_url
from jobqueue_exporter.errors import Refused, SourceError, Unreachable
from jobqueue_exporter.sources.http import MOST_BYTES, Http
from jobqueue_exporter.sources.http_answer import Answer, Json
from jobqueue_exporter.sources.http_errors import NoName, NoService
from tests.http_peer import Peer, Script, says
from tests.sources.conftest import soon

SECRETS = ("tok3n", "s3cret", "hunter2", "qu3ry")
HEADERS = {"X-Token": "tok3n"}


def asked(url: str, *, ca_file: str | None = None, path: str = "") -> Answer:
    place = web_url.parse(url)
    with Http(place, headers=HEADERS, ca_file=ca_file).session() as session:
        return session.get(place.at(path) if path else place, soon())


def with_secrets(url: str) -> str:
    return url.replace("://", "://alice:s3cret@") + "/api/stats?key=qu3ry"


def failure(url: str, read: Callable[[Answer], object] = Answer.accepted, **more: str) -> SourceError:
    """The error of asking there with secrets of all kinds, none of which may be in its text."""
    with pytest.raises(SourceError) as caught:
        read(asked(with_secrets(url), **more))
    assert [secret for secret in SECRETS if secret in str(caught.value) + repr(caught.value.__cause__)] == []
    assert "\n" not in str(caught.value)
    return caught.value


def refusal(script: Script, read: Callable[[Answer], object] = Answer.accepted) -> str:
    """Why the answer of such a peer is of no use, after its address."""
    with Peer(script) as peer:
        return str(failure(peer.url, read)).removeprefix(f"{peer.url}/api/stats: ")


def free_port() -> int:
    with Peer(says({})) as peer:
        return peer.port


def test_an_answer_comes_whole_with_the_time_of_its_sender() -> None:
    with Peer(says({"a": 1}, "200 OK", "Date: Tue, 06 Jan 2026 08:00:00 GMT")) as peer:
        found = asked(peer.url + "/x?y=1")
    assert found == Answer(
        place=f"{peer.url}/x", status=200, body=b'{"a": 1}', clock=1767686400.5, leads_to="another path"
    )
    assert found.accepted().json() == {"a": 1}


def test_a_cached_answer_has_no_time() -> None:
    with Peer(says({}, "200 OK", "Date: Tue, 06 Jan 2026 08:00:00 GMT", "Age: 30")) as peer:
        assert asked(peer.url).clock is None


def test_what_is_sent_is_a_get_with_headers_and_basic_auth_and_no_more() -> None:
    with Peer(says({})) as peer:
        asked(with_secrets(peer.url))
    request, *headers = peer.asked[0].strip().split("\r\n")
    assert request == "GET /api/stats?key=qu3ry HTTP/1.1"
    named = dict(header.split(": ", 1) for header in headers)
    assert named.pop("User-Agent").startswith("jobqueue_exporter/")
    assert named == {
        "Host": f"127.0.0.1:{peer.port}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Connection": "keep-alive",
        "X-Token": "tok3n",
        "Authorization": "Basic YWxpY2U6czNjcmV0",
    }


def test_headers_are_for_the_host_of_the_source_alone() -> None:
    with Peer(says({})) as home, Peer(says({})) as other:
        place = web_url.parse(home.url)
        with Http(place, headers=HEADERS).session() as session:
            session.get(web_url.parse(other.url), soon())
            session.get(place, soon())
    assert ["tok3n" in peer.asked[0] for peer in (other, home)] == [False, True]


def test_no_cookie_is_kept() -> None:
    with Peer(says({}, "200 OK", "Set-Cookie: session=abc; Path=/")) as peer:
        place = web_url.parse(peer.url)
        with Http(place, headers={}).session() as session:
            session.get(place, soon())
            session.get(place, soon())
    assert ["Cookie" in request for request in peer.asked] == [False, False]


def test_neither_proxy_nor_netrc_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login alice password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with Peer(says({})) as peer:
        assert asked(peer.url).status == 200
    assert "Authorization" not in peer.asked[0]


def test_a_redirect_is_told_and_never_followed() -> None:
    with Peer(says({})) as other, Peer(says(b"", "302 Found", f"Location: {other.url}/in?t=hunter2")) as peer:
        error = failure(peer.url)
        assert str(error) == (f"{peer.url}/api/stats: answers 302 and points to {other.url}/in, which is not followed")
    assert other.asked == []


def test_a_redirect_to_nowhere_in_particular_shows_nothing_of_it() -> None:
    assert refusal(says(b"", "301 Moved", "Location: /login?token=hunter2")) == (
        "answers 301 and points to another path, which is not followed"
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("401 Unauthorized", "answers 401: check the credentials: `http.headers`, or user and password in the address"),
        (
            "403 Forbidden",
            "answers 403: check the credentials and their rights: `http.headers`, or user and password in the address",
        ),
        ("404 Not Found", "answers 404: there is no such path; check the address"),
        ("405 Not Allowed", "answers 405: it takes no GET; check the address"),
        ("429 Too Many", "answers 429: too many requests; scrape less often, or raise `max_age`"),
        ("500 Oh", "answers 500"),
        ("503 Busy", "answers 503"),
    ],
)
def test_a_status_of_failure_is_refused_without_its_body(status: str, said: str) -> None:
    assert refusal(says(b"hunter2 is wrong", status)) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html>hunter2", "answers with a web page instead of JSON; check the path and the credentials"),
        (b"\xef\xbb\xbf  <html>", "answers with a web page instead of JSON; check the path and the credentials"),
        (b" \n", "the answer is empty"),
        (b'{"a": "hunter2', "the JSON of the answer is cut off"),
        (b'{"a": [1, 2', "the JSON of the answer is cut off"),
        (b'{"a": hunter2}', "the JSON of the answer is none, at character 6"),
        (b'{"a": "\xff"}', "the answer is no text in UTF-8"),
        (b'{"a": NaN}', "the JSON of the answer holds NaN, Infinity or a number too long"),
        (b'{"a": -Infinity}', "the JSON of the answer holds NaN, Infinity or a number too long"),
        (b"9" * 5000, "the JSON of the answer holds NaN, Infinity or a number too long"),
        (b"[" * 100_000, "the JSON of the answer is nested too deeply"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_json_is_refused_without_its_text(body: bytes, said: str) -> None:
    assert refusal(says(body), Answer.json) == said


@pytest.mark.parametrize(
    ("body", "found"),
    [(b'{"a": 1, "a": 2}', {"a": 2}), (b'\xef\xbb\xbf{"a": null}', {"a": None}), ('"é"'.encode(), "é")],
)
def test_odd_json_is_read(body: bytes, found: Json) -> None:
    with Peer(says(body)) as peer:
        assert asked(peer.url).json() == found


def test_an_answer_may_be_packed() -> None:
    packed = gzip.compress(json.dumps({"a": "b" * 100_000}).encode())
    with Peer(says(packed, "200 OK", "Content-Encoding: gzip")) as peer:
        assert asked(peer.url).json() == {"a": "b" * 100_000}


@pytest.mark.parametrize(
    ("body", "coding", "said"),
    [
        pytest.param(b" " * (MOST_BYTES + 1), "identity", "the answer is larger than 4 MiB", id="large"),
        pytest.param(gzip.compress(b" " * 2**28), "gzip", "the answer is larger than 4 MiB", id="bomb"),
        pytest.param(b"{}", "gzip", "the answer is said to be gzip, and is none", id="not packed"),
        pytest.param(
            gzip.compress(b"{}")[:-9],
            "gzip",
            "the connection was closed before the answer was complete",
            id="cut off",
        ),
        pytest.param(b"{}", "br", "the answer is packed in a way that was not asked for", id="other"),
    ],
)
def test_what_cannot_be_unpacked_within_bounds_is_refused(body: bytes, coding: str, said: str) -> None:
    assert refusal(says(body, "200 OK", f"Content-Encoding: {coding}")) == said


def test_the_largest_answer_is_still_taken() -> None:
    with Peer(says(b"1" + b" " * (MOST_BYTES - 1))) as peer:
        assert asked(peer.url).json() == 1


def test_nobody_listens() -> None:
    error = failure(f"http://127.0.0.1:{free_port()}")
    assert isinstance(error, NoService)
    assert str(error).endswith("/api/stats: connection refused; is it running, and on that port?")


def test_a_name_leads_nowhere() -> None:
    error = failure("http://no-such-host.invalid")
    assert isinstance(error, NoName)
    assert str(error) == (
        "http://no-such-host.invalid/api/stats: the host's name cannot be resolved; check the address"
    )


def test_headers_that_cannot_be_sent_are_not_shown() -> None:
    place = web_url.parse("http://127.0.0.1:1")
    with (
        Http(place, headers={"X-Token": "hunter2\nx: y"}).session() as session,
        pytest.raises(Refused) as caught,
    ):
        session.get(place, soon())
    assert str(caught.value) == (
        "http://127.0.0.1:1: a name or a value in `http.headers` cannot be sent; is there a line break in it?"
    )


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_certificate_of_our_own_authority_is_trusted(
    authority: trustme.CA, context: ssl.SSLContext, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Peer(says({}), context) as peer:
        assert asked(peer.url, ca_file=str(tmp_path / "ca.pem")).status == 200


def test_a_certificate_of_another_authority_is_not(context: ssl.SSLContext, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with Peer(says({}), context) as peer:
        error = failure(peer.url, ca_file=str(tmp_path / "other.pem"))
    assert isinstance(error, Unreachable)
    assert str(error).startswith(f"{peer.url}/api/stats: its certificate is not trusted: ")
    assert str(error).endswith("; trust its authority with `http.ca_file`, or use the name that the certificate is for")
    assert peer.asked == []


def test_https_to_a_server_without_it() -> None:
    with Peer(says({})) as peer:
        error = failure(peer.url.replace("http:", "https:"))
    assert isinstance(error, Unreachable)
    assert "no TLS connection (" in str(error)
    assert str(error).endswith("); does it speak https?")


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, ": No such file or directory"), ("no certificate", " holds no certificate that can be read")],
)
def test_a_file_of_authorities_that_is_none(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Refused) as caught:
        asked("https://127.0.0.1:1", ca_file=str(file))
    assert str(caught.value) == f"http.ca_file: {file}{said}"
