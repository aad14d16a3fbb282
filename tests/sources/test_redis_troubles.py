"""Servers that are no Redis, are not ready, or never answer; and stopping a reading from another thread."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from jobqueue_exporter.errors import Refused, SourceError, TimedOut, Unreachable
from jobqueue_exporter.sources.redis import Redis
from tests.deadline import until
from tests.redis_server import RedisServer, free_port
from tests.sources import redis_places
from tests.sources.redis_places import answering, connected, ping

PATIENCE = 20.0
NOISE = "what answers there is no Redis: its reply is none of Redis' protocol"


def _error(dsn: str, *, seconds: float = PATIENCE) -> SourceError:
    with connected(dsn) as source, pytest.raises(SourceError) as error:
        ping(source, seconds=seconds)
    assert "s3cret" not in str(error.value)
    assert str(error.value).startswith("redis://127.0.0.1:")
    assert "\n" not in str(error.value)
    return error.value


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (b"-LOADING Redis is loading the dataset in memory\r\n", Unreachable, "it is loading its data into memory"),
        (b"-MOVED 3999 10.0.0.9:6381\r\n", Refused, "a node of a Redis Cluster, which is not supported yet"),
        (b"-CLUSTERDOWN The cluster is down\r\n", Refused, "a node of a Redis Cluster, which is not supported yet"),
        (b"-MASTERDOWN Link with MASTER is down\r\n", Unreachable, "a replica that has lost its master"),
        (b"-NOPERM this user has no permissions\r\n", Refused, "`jobqueue sql role` prints the statement"),
        (b"-MISCONF disk is full\r\n", Refused, "it refuses commands because of its own state: MISCONF disk is full"),
        (b"-ERR max number of clients reached\r\n", Unreachable, "raise maxclients"),
        (b"-ERR " + b"\x1bx" * 5000 + b"\r\n", Refused, "0: x x x"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Refused, NOISE),
        (b"SSH-2.0-OpenSSH\r\n", Refused, NOISE),
        (b"*1\r\n" * 100_000, Refused, NOISE),
        (b"$abc\r\n", Refused, NOISE),
    ],
)
def test_what_a_server_says_is_told_in_our_words(reply: bytes, kind: type[SourceError], said: str) -> None:
    with answering(redis_places.always(reply)) as dsn:
        error = _error(dsn)

    assert type(error) is kind
    assert said in str(error)
    assert len(str(error)) < 300


def test_a_server_that_hangs_up_is_unreachable() -> None:
    with answering(lambda peer: peer.close()) as dsn:
        assert isinstance(_error(dsn), Unreachable)


def test_a_port_on_which_nobody_listens_is_unreachable() -> None:
    error = _error(f"redis://127.0.0.1:{free_port()}")

    assert isinstance(error, Unreachable)
    assert str(error).endswith("connection refused: nothing listens there")


def test_a_host_that_is_not_known_is_unreachable() -> None:
    with connected("redis://no-such-host.invalid") as source, pytest.raises(Unreachable, match="not known"):
        ping(source)


@pytest.mark.parametrize("answer", [redis_places.silent, redis_places.dripping])
def test_the_deadline_holds_whatever_the_server_does(answer: redis_places.Answer) -> None:
    with answering(answer) as dsn:
        assert isinstance(_error(dsn, seconds=0.3), TimedOut)


def test_the_deadline_holds_when_the_server_is_paused_in_the_middle() -> None:
    with RedisServer() as server, connected(server.url) as source:
        ping(source)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(TimedOut):
                ping(source, seconds=0.3)
        finally:
            os.kill(server.pid, signal.SIGCONT)

        assert ping(source) == b"PONG"


def _ended(source: Redis, act: Callable[[], object]) -> SourceError | None:
    """The error that ends a reading which would last for long, once `act` was called while it waits."""
    errors: list[SourceError] = []

    def read() -> None:
        try:
            ping(source, seconds=600)
        except SourceError as error:
            errors.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    act()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    return errors[0] if errors else None


def test_stop_ends_a_reading_that_waits_for_an_answer() -> None:
    waiting = threading.Event()

    def silent(peer: object) -> None:
        waiting.set()
        redis_places.silent(peer)  # type: ignore[arg-type]  # the socket of the peer

    with answering(silent) as dsn, connected(dsn) as source:

        def stop() -> None:
            assert waiting.wait(PATIENCE)
            source.stop()

        assert isinstance(_ended(source, stop), TimedOut)


def test_a_source_reads_again_after_it_was_stopped() -> None:
    with RedisServer() as server, connected(server.url) as source:
        ping(source)
        os.kill(server.pid, signal.SIGSTOP)

        def stop() -> None:
            until(lambda: source._reading)
            source.stop()

        try:
            assert isinstance(_ended(source, stop), TimedOut)
        finally:
            os.kill(server.pid, signal.SIGCONT)

        assert ping(source) == b"PONG"


def test_stop_without_a_reading_does_nothing() -> None:
    with RedisServer() as server, connected(server.url) as source:
        source.stop()

        assert ping(source) == b"PONG"


def test_a_reading_that_begins_after_its_deadline_is_none() -> None:
    with connected("redis://127.0.0.1:1") as source, pytest.raises(TimedOut), source.session(time.monotonic() - 1):
        pytest.fail("it began")
