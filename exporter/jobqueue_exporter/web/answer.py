"""One response on its way to a client."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Message, Send

FAILURE = b"internal error; the exporter's log says more\n"
CLOSE = (b"connection", b"close")


class Answer:
    """Passes on what the application sends. `status` is 0 until the response has begun."""

    def __init__(self, send: Send, *, begun: Callable[[], None], last: Callable[[], bool]) -> None:
        self.status = 0
        self._send = send
        self._begun = begun
        self._last = last

    async def send(self, message: Message) -> None:
        """Send `message`; says when the response begins, and closes the connection after its last one."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._begun()
            if self._last():
                message = {**message, "headers": [*message.get("headers", ()), CLOSE]}
        await self._send(message)

    async def fail(self) -> bool:
        """Answer 500, when nothing was sent yet; whether that was so."""
        if self.status:
            return False
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(FAILURE))]
        await self.send({"type": "http.response.start", "status": 500, "headers": [*headers, CLOSE]})
        await self.send({"type": "http.response.body", "body": FAILURE})
        return True
