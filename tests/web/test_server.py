"""Accepting clients, making room for them, and seeing them off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from jobqueue_exporter.web import listening
from jobqueue_exporter.web.limits import Limits
from jobqueue_exporter.web.server import Server

pytestmark = pytest.mark.usefixtures("nothing_left_open")

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Held:
    """An application that answers when it is released."""

    def __init__(self) -> None:
        self.inside = 0
        self.released = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        await self.released.wait()
        await PlainTextResponse("ok")(scope, receive, send)


class Running:
    """A server, and clients of it."""

    def __init__(self, app: Held, server: Server, port: int) -> None:
        self.app = app
        self.server = server
        self.port = port
        self.writers: list[asyncio.StreamWriter] = []

    async def client(self, sent: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(sent)
        return reader

    async def until_inside(self, count: int) -> None:
        while self.app.inside < count:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(limits: Limits) -> AsyncIterator[Running]:
    app = Held()
    server = Server(app, limits, lambda: None)
    async with asyncio.timeout(20):
        with closing(listening.bind("127.0.0.1:0")) as listener:
            accepting = asyncio.create_task(server.accept(listener))
            found = Running(app, server, listener.getsockname()[1])
            try:
                yield found
            finally:
                accepting.cancel()
                await asyncio.wait([accepting])
                await server.end()
                for writer in found.writers:
                    writer.close()
                    with suppress(ConnectionError):
                        await writer.wait_closed()


async def received(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the end."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_those_who_wait_for_an_answer_are_not_sent_away_for_newcomers() -> None:
    async def scenario() -> list[bytes]:
        async with running(Limits(clients=3)) as found:
            waiting = [await found.client(GET) for _ in range(3)]
            await found.until_inside(3)
            for _ in range(5):
                assert await received(await found.client(GET)) == b""
            found.app.released.set()
            return [await client.readexactly(12) for client in waiting]

    assert asyncio.run(scenario()) == [b"HTTP/1.1 200"] * 3


def test_those_who_left_before_their_answer_make_room() -> None:
    async def scenario() -> bytes:
        async with running(Limits(clients=3)) as found:
            for _ in range(3):
                await found.client(GET)
            await found.until_inside(3)
            for writer in found.writers:
                writer.close()
            while not (newcomer := await admitted(found)):
                await asyncio.sleep(0.01)
            found.app.released.set()
            return await newcomer.readexactly(12)

    async def admitted(found: Running) -> asyncio.StreamReader | None:
        inside, client = found.app.inside, await found.client(GET)
        while found.app.inside == inside and not client.at_eof():
            await asyncio.sleep(0.01)
        return None if client.at_eof() else client

    assert asyncio.run(scenario()) == b"HTTP/1.1 200"


def test_those_who_have_their_answer_make_room() -> None:
    async def scenario() -> bytes:
        async with running(Limits(clients=3)) as found:
            found.app.released.set()
            before = [await found.client(GET) for _ in range(3)]
            for client in before:
                await client.readexactly(12)
            return await (await found.client(GET)).readexactly(12)

    assert asyncio.run(scenario()) == b"HTTP/1.1 200"


def test_clients_that_leave_are_forgotten_at_once_whatever_they_were_doing() -> None:
    async def scenario() -> int:
        async with running(Limits(request=3600, idle=3600, response=3600)) as found:
            tasks = len(asyncio.all_tasks())
            for sent in (b"", GET[:5], GET, GET * 3):
                await found.client(sent)
            await found.until_inside(2)
            found.app.released.set()
            await (await found.client(GET)).readexactly(12)
            for writer in found.writers:
                writer.close()
            while found.server.clients or len(asyncio.all_tasks()) > tasks:
                await asyncio.sleep(0.01)
            return found.server.clients

    assert asyncio.run(scenario()) == 0


def test_at_the_end_answers_under_way_are_finished_and_the_connections_closed() -> None:
    async def scenario() -> bytes:
        async with running(Limits(ending=20)) as found:
            client = await found.client(GET)
            await found.until_inside(1)
            ending = asyncio.create_task(found.server.end())
            await asyncio.sleep(0)
            found.app.released.set()
            answer = await received(client)
            await ending
            return answer

    answer = asyncio.run(scenario())
    assert b"connection: close" in answer
    assert answer.endswith(b"\r\n\r\nok")


def test_at_the_end_nobody_is_waited_for_longer_than_the_limit() -> None:
    async def scenario() -> tuple[bytes, bytes]:
        async with running(Limits(ending=0.1)) as found:
            stuck, idle = await found.client(GET), await found.client(GET[:5])
            await found.until_inside(1)
            await found.server.end()
            return await received(stuck), await received(idle)

    assert asyncio.run(scenario()) == (b"", b"")


def test_at_the_end_an_idle_client_is_not_waited_for_at_all() -> None:
    async def scenario() -> bytes:
        async with running(Limits(ending=3600)) as found:
            idle = [await found.client(b""), await found.client(GET[:5])]
            found.app.released.set()
            idle.append(await found.client(GET))
            await idle[-1].readexactly(12)
            await found.server.end()
            return b"".join([await received(each) for each in idle[:2]])

    assert asyncio.run(scenario()) == b""


def test_a_mistake_of_ours_is_a_500_and_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong(Held):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            raise KeyError("shop")

    async def scenario() -> bytes:
        async with running(Limits()) as found:
            found.server.app = Wrong()
            return await received(await found.client(GET))

    answer = asyncio.run(scenario())
    assert answer.startswith(b"HTTP/1.1 500")
    assert answer.endswith(b"internal error; the exporter's log says more\n")
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == [
        "GET '/' failed: KeyError('shop')"
    ]
