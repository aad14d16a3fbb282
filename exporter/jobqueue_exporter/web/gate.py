"""Lets requests in, or not: how many, of what size, and whose."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobqueue_exporter.web import discretion
from jobqueue_exporter.web.passwords import Answer, Passwords
from jobqueue_exporter.web.rate import Bucket
from jobqueue_exporter.web.web_config import Rate, WebConfig

CHALLENGE = 'Basic realm="jobqueue-exporter", charset="UTF-8"'
OPEN_PATHS = ("/-/healthy", "/-/ready", "/healthz")
# It reads the sources, which is why it counts against the limit of requests.
STRANGERS_PATH = "/readyz"
# What it answers to these tells of sources and queues, their names to begin with.
MEMBERS_PARAMETERS = frozenset({"detail", "source"})


class Gate:
    """Stands before the application; `config` gives what is in force now."""

    def __init__(self, app: ASGIApp, config: Callable[[], WebConfig]) -> None:
        self._app = app
        self._config = config
        self._passwords = Passwords()
        self._bucket: Bucket | None = None
        self._rate: Rate | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        config, headers = self._config(), Headers(scope=scope)
        send = _with_headers(send, config)
        if _has_body(headers):
            refusal: PlainTextResponse | None = _refusal(413, "requests have no body here")
        elif scope["path"] in OPEN_PATHS:
            refusal = None
        elif not self._in_rate(config.rate):
            refusal = _refusal(429, "too many requests; the limit is set in --web.config.file")
        else:
            refusal = await self._stranger(config, headers, scope)
        await (refusal or self._app)(scope, receive, send)

    def _in_rate(self, rate: Rate | None) -> bool:
        if rate != self._rate:
            self._rate, self._bucket = rate, Bucket(rate.interval, rate.burst) if rate else None
        return self._bucket is None or self._bucket.admits(monotonic())

    async def _stranger(self, config: WebConfig, headers: Headers, scope: Scope) -> PlainTextResponse | None:
        discretion.mark(scope, known=config.asks_certificate)
        if not config.users or ("authorization" not in headers and _for_strangers(scope)):
            return None
        given = _credentials(headers.get("authorization", ""))
        answer = Answer.NO
        if given is not None:
            client = scope["client"][0] if scope["client"] else ""
            answer = await self._passwords.check(*given, config.users, client)
        if answer is Answer.YES:
            discretion.mark(scope, known=True)
            return None
        if answer is Answer.BUSY:
            return _refusal(429, "too many passwords at once; try again", {"retry-after": "1"})
        return _refusal(401, "a user and a password are needed", {"www-authenticate": CHALLENGE})


def _for_strangers(scope: Scope) -> bool:
    """Whether anybody may ask this, users or not."""
    return scope["path"] == STRANGERS_PATH and MEMBERS_PARAMETERS.isdisjoint(QueryParams(scope["query_string"]))


def _credentials(authorization: str) -> tuple[str, bytes] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0").strip("0") != "" or "transfer-encoding" in headers


def _refusal(status: int, text: str, headers: dict[str, str] | None = None) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status, headers)


def _with_headers(send: Send, config: WebConfig) -> Send:
    if not config.headers:
        return send

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in config.headers:
                headers[name.decode()] = value.decode()
        await send(message)

    return send_with_headers
