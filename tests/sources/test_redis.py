"""Reading through a connection to Redis: what comes back, and what one command's failure costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import trustme

from jobqueue_exporter.errors import Refused, SourceError, TimedOut, Unreachable
from jobqueue_exporter.sources.redis import CLIENT_NAME
from tests.deadline import until
from tests.redis_server import RedisServer
from tests.sources.redis_places import connected, ping

PASSWORD = "s3cret-p@ss/w#rd"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def guarded() -> Iterator[RedisServer]:
    """A server that asks for a password."""
    with RedisServer({"requirepass": PASSWORD}) as server:
        yield server


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, Path]:
    """Files of a certificate for 127.0.0.1, of its key and of who signed it."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = {name: tmp_path / f"{name}.pem" for name in ("cert", "key", "ca")}
    issued.cert_chain_pems[0].write_to_path(files["cert"])
    issued.private_key_pem.write_to_path(files["key"])
    authority.cert_pem.write_to_path(files["ca"])
    return files


def _refused(dsn: str) -> SourceError:
    with connected(dsn) as source, pytest.raises(SourceError) as error:
        ping(source)
    assert PASSWORD not in str(error.value)
    return error.value


def test_all_commands_are_sent_before_the_first_reply_is_awaited(server: RedisServer) -> None:
    with connected(server.url) as source, source.session(time.monotonic() + 20) as session:
        replies = session.replies([("SET", "a", 1), ("GET", "a"), ("LRANGE", "none", 0, -1)])

        assert replies == [b"OK", b"1", []]
        assert session.trips == 1


def test_a_command_that_fails_leaves_the_others_their_replies(server: RedisServer) -> None:
    with connected(server.url) as source, source.session(time.monotonic() + 20) as session:
        set_, wrong, get = session.replies([("SET", "text", "x"), ("LLEN", "text"), ("GET", "text")])

    assert (set_, get) == (b"OK", b"x")
    assert isinstance(wrong, redis.ResponseError)


def test_there_is_one_connection_and_it_has_a_name(server: RedisServer) -> None:
    with connected(server.url) as source, server.client() as admin:
        for _ in range(3):
            ping(source)

        assert [client["name"] for client in admin.client_list()].count(CLIENT_NAME) == 1


def test_a_connection_that_was_closed_while_idle_is_replaced(server: RedisServer) -> None:
    with connected(server.url) as source, server.client() as admin:
        ping(source)
        (ours,) = [client for client in admin.client_list() if client["name"] == CLIENT_NAME]
        admin.client_kill_filter(_id=ours["id"])

        assert ping(source) == b"PONG"


def test_the_connection_is_gone_once_the_source_is_closed(server: RedisServer) -> None:
    with connected(server.url) as source:
        ping(source)
    with server.client() as admin:
        until(lambda: CLIENT_NAME not in [client["name"] for client in admin.client_list()])


def test_a_unix_socket_will_do(server: RedisServer) -> None:
    with connected(f"unix://{server.socket}?db=2") as source:
        assert ping(source) == b"PONG"


def test_a_database_number_is_heeded(server: RedisServer) -> None:
    with server.client(db=5) as other:
        other.set("there", "yes")

    with connected(server.url.removesuffix("0") + "5") as source, source.session(time.monotonic() + 20) as session:
        assert session.reply("GET", "there") == b"yes"


def test_a_database_number_that_is_not_there_is_said(server: RedisServer) -> None:
    error = _refused(server.url.removesuffix("0") + "77")

    assert isinstance(error, Refused)
    assert "mend the number at the end of the address" in str(error)


def test_a_password_that_nobody_encoded_opens(guarded: RedisServer) -> None:
    with connected(f"redis://:{PASSWORD}@127.0.0.1:{guarded.port}") as source:
        assert ping(source) == b"PONG"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "it wants a password: put it into the address, as in redis://:password@host"),
        (f":{PASSWORD}x@", "it does not take the user or the password of the address"),
        (f"nobody:{PASSWORD}@", "it does not take the user or the password of the address"),
    ],
)
def test_a_wrong_password_is_said_and_not_shown(guarded: RedisServer, given: str, said: str) -> None:
    error = _refused(f"redis://{given}127.0.0.1:{guarded.port}")

    assert isinstance(error, Refused)
    assert said in str(error)


def test_a_password_where_none_is_wanted_is_said(server: RedisServer) -> None:
    error = _refused(f"redis://:{PASSWORD}@127.0.0.1:{server.port}")

    assert "it has no password, and the address gives one: take it out" in str(error)


def test_tls_is_spoken_and_its_certificate_checked(certificates: dict[str, Path]) -> None:
    tls = ["--tls-cert-file", str(certificates["cert"]), "--tls-key-file", str(certificates["key"])]
    with RedisServer({"tls-ca-cert-file": str(certificates["ca"])}, tls=tls) as server:
        pair = f"ssl_certfile={certificates['cert']}&ssl_keyfile={certificates['key']}"
        address = f"rediss://127.0.0.1:{server.port}/0"
        with connected(f"{address}?ssl_ca_certs={certificates['ca']}&{pair}") as source:
            assert ping(source) == b"PONG"
        with connected(f"{address}?ssl_cert_reqs=none&{pair}") as source:
            assert ping(source) == b"PONG"

        assert "its certificate is not trusted" in str(_refused(f"{address}?{pair}"))
        assert isinstance(_refused(f"{address}?ssl_cert_reqs=none"), Unreachable)
        assert isinstance(_refused(f"redis://127.0.0.1:{server.port}/0"), Unreachable)
        assert "no such file" in str(_refused(f"{address}?ssl_ca_certs=/none.pem"))


def test_tls_to_a_port_without_it_is_said(server: RedisServer) -> None:
    with connected(f"rediss://127.0.0.1:{server.port}/0") as source, pytest.raises(TimedOut) as error:
        ping(source, seconds=0.3)

    assert "does that port speak TLS" in str(error.value)


def test_a_server_that_is_full_is_said() -> None:
    with RedisServer({"maxclients": "1"}) as server, server.client() as only:
        only.ping()

        assert "raise maxclients" in str(_refused(server.url))
