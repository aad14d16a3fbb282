"""Asks one HTTP API by GET, with a limit on the time and on the size of each answer."""

from __future__ import annotations

import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import HTTPError as WireError

import jobqueue_exporter
from jobqueue_exporter.dsn import web_url
from jobqueue_exporter.dsn.web_url import WebUrl
from jobqueue_exporter.errors import ConfigError, Refused, SourceError, TimedOut
from jobqueue_exporter.sources import http_errors
from jobqueue_exporter.sources.http_answer import Answer
from jobqueue_exporter.sources.http_errors import NoName
from jobqueue_exporter.sources.http_line import Line, WatchedAdapter

MOST_BYTES = 4 * 1024 * 1024
_CHUNK = 64 * 1024
_OURS = {
    "User-Agent": f"jobqueue_exporter/{jobqueue_exporter.__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}


class Session:
    """Requests of one reading, until its deadline."""

    def __init__(self, home: WebUrl, headers: Mapping[str, str], line: Line, sender: requests.Session) -> None:
        self._home = home
        self._headers = headers
        self._line = line
        self._sender = sender
        self.sent: list[str] = []

    @property
    def stopped(self) -> bool:
        """Whether another thread has ended it."""
        return self._line.stopped

    def get(self, place: WebUrl, deadline: float) -> Answer:
        """What is there, whatever its status; by `deadline` (on time.monotonic()) or not at all.

        Headers of the configuration are sent to the host of the source only. Raises SourceError.
        """
        self.sent.append(f"GET {place.public()}{'?…' if '?' in place.url else ''}")
        left = deadline - time.monotonic()
        if left <= 0 or self._line.stopped:
            raise self._late(place)
        with self._line.until(deadline):
            try:
                answer = self._answer(place, left)
            except SourceError:
                raise
            except Exception as error:
                found = http_errors.explained(error, place.public())
                # A library whose socket is shut under its hands may fail in any way.
                if self._line.ended and not isinstance(found, NoName):
                    raise self._late(place) from None
                if not isinstance(error, requests.RequestException | WireError | OSError | ValueError):
                    raise
                raise found from None
        # A socket that was shut looks like the end of an answer that has no length.
        if self._line.ended:
            raise self._late(place)
        return answer

    def _answer(self, place: WebUrl, left: float) -> Answer:
        at_home = place.origin == self._home.origin
        with self._sender.get(
            place.url,
            headers=_OURS | (dict(self._headers) if at_home else {}),
            auth=HTTPBasicAuth(place.user.encode(), place.password.encode()) if place.user or place.password else None,
            timeout=left,
            allow_redirects=False,
            stream=True,
        ) as response:
            return Answer(
                place=place.public(),
                status=response.status_code,
                body=_body(response, place.public()),
                clock=_clock(response.headers),
                leads_to=_public(response.headers.get("Location", "")),
            )

    def _late(self, place: WebUrl) -> TimedOut:
        return TimedOut(f"{place.public()}: no complete answer within the time limit")


class Http:
    """One API. One thread at a time may read; `stop` may come from any other.

    Only the configuration counts: no proxy, no .netrc and no other authority of the environment is used,
    and no cookie is kept.
    """

    def __init__(self, home: WebUrl, *, headers: Mapping[str, str], ca_file: str | None = None) -> None:
        self._home = home
        self._headers = headers
        self._ca_file = ca_file
        self._line = Line()
        self._changing = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A Session, whose connections end with it. Raises Refused."""
        if self._ca_file is not None:
            _check_authorities(self._ca_file)
        with self._changing:
            line = self._line = Line()
        with requests.Session() as sender:
            sender.trust_env = False
            sender.verify = self._ca_file or True
            sender.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            for scheme in ("http://", "https://"):
                sender.mount(scheme, WatchedAdapter())
            try:
                yield Session(self._home, self._headers, line, sender)
            finally:
                line.close()

    def stop(self) -> None:
        """End the session under way, from another thread; returns at once."""
        with self._changing:
            self._line.stop()

    def close(self) -> None:
        """Nothing is kept between sessions."""


def _check_authorities(file: str) -> None:
    """Raises Refused for a file of certificates that cannot be used."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        raise Refused(f"http.ca_file: {file} holds no certificate that can be read") from None
    except OSError as error:
        raise Refused(f"http.ca_file: {file}: {error.strerror}") from None


def _body(response: requests.Response, place: str) -> bytes:
    """The body, unpacked. Raises Refused when it is larger than we take."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise Refused(f"{place}: the answer is packed in a way that was not asked for")
    packed = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    body = bytearray()
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        try:
            # No more than is needed to see that it is too much: a small answer may unpack to a huge one.
            body += packed.decompress(chunk, MOST_BYTES + 1 - len(body)) if packed else chunk
        except zlib.error:
            raise Refused(f"{place}: the answer is said to be gzip, and is none") from None
        if len(body) > MOST_BYTES:
            raise Refused(f"{place}: the answer is larger than {MOST_BYTES // 1024**2} MiB")
    if packed and body and not packed.eof:
        raise Refused(f"{place}: the connection was closed before the answer was complete")
    return bytes(body)


def _clock(headers: Mapping[str, str]) -> float | None:
    """The sender's time; that of an answer which a cache has kept is none."""
    if "Age" in headers:
        return None
    try:
        # Whole seconds, cut off: the middle of one is nearest.
        return parsedate_to_datetime(headers.get("Date", "")).timestamp() + 0.5
    except (TypeError, ValueError, OverflowError):
        return None


def _public(location: str) -> str:
    """Where a redirect leads, without what may be secret in it."""
    try:
        return web_url.parse(location).public()[:200]
    except ConfigError:
        return "another path"
