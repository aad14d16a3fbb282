"""One connection to one Redis, with a time limit on all it does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import redis
from redis.connection import AbstractConnection

from jobqueue_exporter.dsn.redis_url import RedisUrl
from jobqueue_exporter.errors import SourceError, TimedOut
from jobqueue_exporter.sources import redis_errors
from jobqueue_exporter.sources.redis_socket import RedisSocket

CLIENT_NAME = "jobqueue_exporter"
_AT_A_TIME = 500
Command = tuple[str | bytes | int | float, ...]
Reply = Any
"""Bytes, a number, None, a list of replies, or (in place of one) the error that a command met."""


class _Connection(AbstractConnection):
    """The driver's connection over a socket that we open ourselves."""

    def __init__(self, opened: socket.socket, place: RedisUrl) -> None:
        self._opened = opened
        self._place = place
        self._public = place.public()
        self.port = place.port
        super().__init__(
            db=place.db, username=place.user or None, password=place.password or None, protocol=2, socket_timeout=None
        )
        # The driver would tell the server its name and version: a user may lack the right, and old servers
        # do not know the command. Each version of the driver has its own way to leave it out.
        self.driver_info = self.lib_name = self.lib_version = None

    @property
    def host(self) -> str:
        return self._place.host

    @host.setter
    def host(self, value: str) -> None:
        raise NotImplementedError("the address does not change")

    def repr_pieces(self) -> list[tuple[str, str]]:
        return [("place", self._place.public())]

    def _connect(self) -> socket.socket:
        return self._opened

    def _host_error(self) -> str:
        return self._public


class Session:
    """Commands to one Redis, until a deadline. `sent` holds them, and `trips` counts the times we waited."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self.sent: list[Command] = []
        self.trips = 0

    def replies(self, commands: Sequence[Command]) -> list[Reply]:
        """The reply to each command, all of them sent before the first is awaited.

        Where a command fails, its error stands in its place. Raises redis.RedisError when the line does.
        """
        if not commands:
            return []
        self.sent += commands
        self.trips += 1
        connection = self._connection
        for first in range(0, len(commands), _AT_A_TIME):  # the server works on some while we write down the next
            packed = connection.pack_commands(commands[first : first + _AT_A_TIME])  # type: ignore[no-untyped-call]  # the driver's
            connection.send_packed_command(packed)  # type: ignore[no-untyped-call]  # the driver's
        return [_reply(connection) for _ in commands]

    def reply(self, *command: str | bytes | int | float) -> Reply:
        """The reply to one command. Raises redis.RedisError."""
        (found,) = self.replies([command])
        if isinstance(found, Exception):
            raise found
        return found


class Redis:
    """A source of Sessions. One thread at a time may read; `stop` may come from any other."""

    def __init__(self, place: RedisUrl, *, connect_timeout: float) -> None:
        self._place = place
        self._connect_timeout = connect_timeout
        self._socket = RedisSocket(place)
        self._connection: AbstractConnection | None = None
        self._reading: object | None = None
        self._greeted = False
        self._ending = threading.Lock()

    @contextmanager
    def session(self, deadline: float) -> Iterator[Session]:
        """A Session until `deadline` (on time.monotonic()). Raises SourceError."""
        reading = self._begin()
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._overdue, args=(reading,))
        timer.name, timer.daemon = "overdue", True
        with suppress(RuntimeError):  # no thread to be had: then only others can stop it
            timer.start()
        try:
            yield Session(self._connected(deadline))
        except SourceError as error:
            raise self._placed(error) from error
        except (redis.RedisError, OSError, ValueError, TypeError, LookupError, RecursionError) as error:
            self._give_up()
            raise self._explained(error) from error
        except BaseException:
            self._give_up()
            raise
        finally:
            timer.cancel()
            self._end()

    def stop(self) -> None:
        """End the session under way, from another thread; returns at once."""
        with self._ending:
            if self._reading is not None:
                self._socket.cut()

    def close(self) -> None:
        """Give the connection back."""
        self._give_up()

    def _overdue(self, reading: object) -> None:
        """End that session, if it is still the one under way."""
        with self._ending:
            if reading is self._reading:
                self._socket.cut()

    def _begin(self) -> object:
        """What stands for the session that begins."""
        with self._ending:
            self._socket.mend()
            self._reading = reading = object()
            return reading

    def _end(self) -> None:
        with self._ending:
            self._reading = None
        if self._socket.was_cut:
            self._give_up()

    def _connected(self, deadline: float) -> AbstractConnection:
        """The connection, alive; one that died while idle is replaced."""
        if time.monotonic() >= deadline:
            raise TimedOut("the time limit was over before the reading began")
        if self._connection is not None and _alive(self._connection):
            return self._connection
        self._give_up()
        self._greeted = False
        opened = self._socket.open(min(deadline, time.monotonic() + self._connect_timeout))
        self._connection = connection = _Connection(opened, self._place)
        connection.connect()  # type: ignore[no-untyped-call]  # the driver's
        self._greeted = True
        with suppress(redis.ResponseError):  # a name is a courtesy, and may be forbidden
            Session(connection).reply("CLIENT", "SETNAME", CLIENT_NAME)
        sock = connection._sock
        if sock is not None:
            # From here on the timer ends what lasts too long: a socket's own limit starts anew at each packet.
            sock.settimeout(None)
        return connection

    def _give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(redis.RedisError, OSError):
                connection.disconnect()  # type: ignore[no-untyped-call]  # the driver's
        self._socket.forget()

    def _explained(self, error: Exception) -> SourceError:
        found = redis_errors.explained(error)
        if self._socket.was_cut or isinstance(found, TimedOut):
            hint = "; does that port speak TLS?" if self._place.tls and not self._greeted else ""
            found = TimedOut(f"no answer within the time limit; the connection was cut{hint}")
        return self._placed(found)

    def _placed(self, error: SourceError) -> SourceError:
        """The same with the address before it, without the password."""
        text, password = str(error), str(self._place.password)
        if password and password not in self._place.public():
            text = text.replace(password, "***")
        return type(error)(text if text.startswith(self._place.public()) else f"{self._place.public()}: {text}")


def _reply(connection: AbstractConnection) -> Reply:
    """One reply. An error that concerns one command only is the reply; any other ends the session."""
    try:
        return connection.read_response()
    except redis.ResponseError as error:
        if isinstance(error, redis_errors.CLUSTER):
            raise
        return error


def _alive(connection: AbstractConnection) -> bool:
    """Whether nothing came in while it was idle: a closed line shows as something to read."""
    try:
        return connection._sock is not None and not connection.can_read(timeout=0)
    except (redis.RedisError, OSError):
        return False
