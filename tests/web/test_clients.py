"""Clients that keep the server waiting, on purpose or not, hurt nobody but themselves."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress

import pytest

from jobqueue_exporter.web.limits import Limits
from tests.web.reader_by_hand import many_lanes, ready
from tests.web.served import Served, ask, served, soon

pytestmark = pytest.mark.usefixtures("no_complaint", "nothing_left_open")

BRIEF = Limits(request=0.3, idle=0.3, response=0.3)
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: %b\r\n\r\n"
LARGE = many_lanes(5_000)


def until_closed(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = b""
    try:
        while more := client.recv(65_536):
            received += more
    except ConnectionResetError:
        pass
    return received


def slow_reader(server: Served) -> socket.socket:
    """A client that asked for much and takes nothing of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)
    client.connect(("127.0.0.1", server.port))
    client.sendall(GET)
    return client


def test_a_scrape_is_answered_among_hundreds_of_idle_and_stuck_clients() -> None:
    with served(readers={"shop": ready(LARGE)}) as server, ExitStack() as clients:
        for _ in range(200):
            clients.enter_context(server.connect())
        for _ in range(40):
            clients.enter_context(server.connect()).sendall(GET[:20])
        for _ in range(5):
            clients.enter_context(slow_reader(server))
        replies = [server.ask(path).status for path in ("/metrics", "/-/healthy", "/probe?source=shop", "/")]
    assert replies == [200, 200, 200, 200]


@pytest.mark.parametrize("sent", [b"", GET[:1], GET[:-2], b"\x16\x03\x01", b"\r\n"], ids=repr)
def test_a_client_that_never_ends_its_request_is_dropped(sent: bytes) -> None:
    with served(limits=BRIEF) as server, server.connect() as client:
        client.sendall(sent)
        assert b" 200 " not in until_closed(client)


def test_a_request_that_drips_in_has_no_more_time_than_others() -> None:
    with served(limits=BRIEF) as server, server.connect() as client:
        client.settimeout(0.05)
        header = iter(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 10_000)

        def is_closed() -> bool:
            try:
                client.sendall(bytes([next(header)]))
                return client.recv(1) == b""
            except TimeoutError:
                return False
            except (ConnectionResetError, BrokenPipeError):
                return True

        soon(is_closed)


def test_a_connection_that_is_not_used_again_is_closed() -> None:
    with served(limits=Limits(idle=0.3)) as server, server.connect() as client:
        client.sendall(GET)
        reply = until_closed(client)
    assert reply.startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_take_its_response_is_dropped() -> None:
    with served(readers={"shop": ready(LARGE)}, limits=BRIEF) as server, slow_reader(server) as client:
        soon(lambda: is_cut(client))


def is_cut(client: socket.socket) -> bool:
    """Whether the server has gone, found out without reading anything."""
    client.setblocking(False)
    try:
        client.send(b"x")
    except BlockingIOError:
        return False
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


def test_when_there_are_too_many_the_one_that_was_idle_longest_goes() -> None:
    with served(limits=Limits(clients=4)) as server, ExitStack() as clients:
        idle = [clients.enter_context(server.connect()) for _ in range(4)]
        assert server.ask("/metrics").status == 200
        assert until_closed(idle[0]) == b""
        idle[3].sendall(GET)
        assert idle[3].recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
        b"\x00\x01\x02garbage\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["long header", "long path", "many headers", "garbage", "no host", "odd length"],
)
def test_a_request_that_is_none_is_refused(request_line: bytes) -> None:
    with served() as server, server.connect() as client:
        with suppress(ConnectionResetError, BrokenPipeError):
            client.sendall(request_line)
        assert b" 200 " not in until_closed(client)
        assert server.ask("/-/healthy").status == 200


def test_a_request_with_a_body_is_refused() -> None:
    with served() as server:
        reply = server.ask("/metrics", method="POST", body=b"x")
    assert (reply.status, reply.text) == (413, "requests have no body here\n")


@pytest.mark.parametrize("path", [b"/metrics", b"/-/reload", b"/-/healthy"])
def test_a_body_in_thousands_of_pieces_ends_with_its_connection(path: bytes) -> None:
    pieces = b"1\r\nx\r\n" * 50_000
    with served() as server, server.connect() as client:
        with suppress(ConnectionResetError, BrokenPipeError):
            client.sendall(b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % path + pieces)
        until_closed(client)
        assert server.ask("/-/healthy").status == 200


@pytest.mark.parametrize(
    "hello",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        GET[:-2] + H2C % b"AAMAAABkAAQAAP__",
        GET[:-2] + H2C % b"!",
        GET[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ],
    ids=["HTTP/2", "h2c", "bad h2c", "WebSocket"],
)
def test_a_client_that_insists_on_another_protocol_is_dropped(hello: bytes) -> None:
    with served(limits=BRIEF) as server, server.connect() as client:
        client.sendall(hello)
        assert b"jobqueue_" not in until_closed(client)


def test_requests_sent_at_once_are_answered_one_after_the_other() -> None:
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with served() as server, server.connect() as client:
        client.sendall(GET * 9 + last)
        replies = until_closed(client)
    assert replies.count(b"HTTP/1.1 200") == 10


def test_a_client_that_will_send_no_more_gets_its_answer_and_the_end() -> None:
    with served() as server, server.connect() as client:
        client.sendall(GET)
        client.shutdown(socket.SHUT_WR)
        assert b"jobqueue_exporter_build_info" in until_closed(client)


def test_a_client_of_http_1_0_is_answered_and_closed() -> None:
    with served() as server, server.connect() as client:
        client.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
        assert until_closed(client).endswith(b"\r\n\r\nok\n")


def test_clients_that_come_and_go_leave_nothing_behind() -> None:
    with served() as server:
        for _ in range(100):
            with server.connect() as client:
                client.sendall(GET)
        client_of_many = server.client()
        for _ in range(100):
            assert ask(client_of_many, "/-/healthy").status == 200
        client_of_many.close()
