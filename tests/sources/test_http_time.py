"""APIs that take their time: none takes more of ours than it was given."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jobqueue_exporter.dsn import web_url
from jobqueue_exporter.errors import Refused, SourceError, TimedOut
from jobqueue_exporter.sources.http import Http
from jobqueue_exporter.sources.http_errors import NoService
from tests.http_peer import Peer, Script, Talk, answer, says
from tests.sources.conftest import soon

GIVEN = 0.3
LATE = "no complete answer within the time limit"


def drips_headers(talk: Talk) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\n")
    talk.drip(b"X: y\r\n" * 9)


def drips_status(talk: Talk) -> None:
    talk.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


def drips_body(talk: Talk) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    talk.drip(b" ")


def drips_without_length(talk: Talk) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\n\r\n{}")
    talk.drip(b" ")


def drips_chunks(talk: Talk) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    talk.drip(b"1\r\n \r\n")


def hangs_after(data: bytes) -> Script:
    def script(talk: Talk) -> None:
        talk.say(data)
        talk.hang()

    return script


def error_of(url: str, seconds: float = 20.0) -> SourceError:
    place = web_url.parse(url)
    with Http(place, headers={}).session() as session, pytest.raises(SourceError) as caught:
        session.get(place, soon(seconds))
    return caught.value


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "script",
    [drips_status, drips_body, drips_without_length, drips_chunks, hangs_after(b""), hangs_after(b"HTTP/1.1 200")],
    ids=["status", "body", "no length", "chunks", "nothing", "half a line"],
)
def test_an_answer_that_never_ends_is_cut_off(script: Script) -> None:
    with Peer(script) as peer:
        error = error_of(peer.url, GIVEN)
    assert (type(error), str(error)) == (TimedOut, f"{peer.url}: {LATE}")


def test_headers_without_end_are_refused() -> None:
    with Peer(drips_headers) as peer:
        error = error_of(peer.url)
    assert (type(error), str(error)) == (
        Refused,
        f"{peer.url}: the answer is no HTTP, or its headers are out of bounds",
    )


def test_a_header_without_end_is_refused() -> None:
    def script(talk: Talk) -> None:
        talk.say(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000)

    with Peer(script) as peer:
        error = error_of(peer.url)
    assert str(error) == f"{peer.url}: the answer is no HTTP, or its headers are out of bounds"


def test_what_is_no_http_is_refused() -> None:
    with Peer(lambda talk: talk.say(b"-ERR unknown command 'GET'\r\n")) as peer:
        error = error_of(peer.url)
    assert (type(error), str(error)) == (
        Refused,
        f"{peer.url}: the answer is no HTTP, or its headers are out of bounds",
    )


def closes_at_once(_: Talk) -> None:
    pass


def closes_in_the_body(talk: Talk) -> None:
    talk.say(answer({"a": 1})[:-3])


def closes_in_a_chunk(talk: Talk) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{")


@pytest.mark.parametrize("script", [closes_at_once, Talk.reset, closes_in_the_body, closes_in_a_chunk])
def test_a_connection_that_is_closed_early(script: Script) -> None:
    with Peer(script) as peer:
        error = error_of(peer.url)
    assert (type(error), str(error)) == (
        NoService,
        f"{peer.url}: the connection was closed before the answer was complete",
    )


@pytest.mark.timeout(30)
def test_a_handshake_that_never_ends_is_cut_off() -> None:
    with silent_listener() as port:
        error = error_of(f"https://127.0.0.1:{port}", GIVEN)
    assert (type(error), str(error)) == (TimedOut, f"https://127.0.0.1:{port}: {LATE}")


@pytest.mark.timeout(30)
def test_a_connection_that_is_never_taken_is_given_up() -> None:
    with silent_listener() as port, socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        error = error_of(f"http://127.0.0.1:{port}", GIVEN)
    assert (type(error), str(error)) == (TimedOut, f"http://127.0.0.1:{port}: {LATE}")


@contextmanager
def silent_listener() -> Iterator[int]:
    """A port on which connections are queued and never taken."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        yield listener.getsockname()[1]


@pytest.mark.timeout(30)
def test_after_one_that_was_cut_off_the_next_can_be_asked() -> None:
    with Peer(Talk.hang) as slow, Peer(says({})) as well:
        place = web_url.parse(well.url)
        with Http(place, headers={}).session() as session:
            with pytest.raises(TimedOut):
                session.get(web_url.parse(slow.url), soon(GIVEN))
            assert session.get(place, soon()).status == 200


@pytest.mark.timeout(30)
def test_another_thread_can_end_it() -> None:
    began = threading.Event()

    def script(talk: Talk) -> None:
        began.set()
        drips_body(talk)

    with Peer(script) as peer:
        place = web_url.parse(peer.url)
        api = Http(place, headers={})
        errors: list[SourceError] = []

        def read() -> None:
            with api.session() as session:
                for _ in range(2):
                    try:
                        session.get(place, soon())
                    except SourceError as error:
                        errors.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        assert began.wait(20)
        api.stop()
        thread.join(20)
        assert not thread.is_alive()
    assert [str(error) for error in errors] == [f"{peer.url}: {LATE}"] * 2
    assert len(peer.asked) == 1


def test_nothing_is_sent_when_the_time_is_over() -> None:
    with Peer(says({})) as peer:
        error = error_of(peer.url, -1)
    assert (type(error), peer.asked) == (TimedOut, [])
