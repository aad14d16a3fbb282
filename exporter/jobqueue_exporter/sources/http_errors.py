"""What an HTTP library's errors mean to us. Their own texts hold whole URLs and headers, so none is shown."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator

from requests.exceptions import InvalidHeader
from urllib3.exceptions import IncompleteRead

from jobqueue_exporter.errors import Refused, SourceError, TimedOut, Unreachable


class NoService(Unreachable):
    """Nobody listens there, or who does hangs up: the service is down, as far as one can see from outside."""


class NoName(Unreachable):
    """The name of the host leads nowhere: a mistake in the address, or trouble with our own resolver."""


def explained(error: BaseException, place: str) -> SourceError:
    """Our error for one of the library's, with the address for messages and the way out."""
    match next((found for each in _TELLING for found in _causes(error) if isinstance(found, each)), None):
        case ssl.SSLCertVerificationError() as found:
            way_out = "trust its authority with `http.ca_file`, or use the name that the certificate is for"
            return Unreachable(f"{place}: its certificate is not trusted: {found.verify_message}; {way_out}")
        case ssl.SSLError() as found:
            return Unreachable(f"{place}: no TLS connection ({found.reason or 'closed'}); does it speak https?")
        case socket.gaierror():
            return NoName(f"{place}: the host's name cannot be resolved; check the address")
        case ConnectionRefusedError():
            return NoService(f"{place}: connection refused; is it running, and on that port?")
        case TimeoutError():
            return TimedOut(f"{place}: no complete answer within the time limit")
        case ConnectionError() | http.client.RemoteDisconnected() | IncompleteRead() | http.client.IncompleteRead():
            return NoService(f"{place}: the connection was closed before the answer was complete")
        case http.client.HTTPException():
            return Refused(f"{place}: the answer is no HTTP, or its headers are out of bounds")
        case InvalidHeader() | UnicodeError():
            return Refused(f"{place}: a name or a value in `http.headers` cannot be sent; is there a line break in it?")
        case OSError(strerror=str(said)):
            return Unreachable(f"{place}: {said}")
        case _:
            return Refused(f"{place}: it could not be asked ({type(error).__name__})")


# Each says more than those after it, wherever in the chain it stands.
_TELLING: tuple[type[BaseException], ...] = (
    ssl.SSLCertVerificationError,
    socket.gaierror,
    ConnectionRefusedError,
    ssl.SSLError,
    TimeoutError,
    ConnectionError,
    IncompleteRead,
    http.client.HTTPException,
    InvalidHeader,
    UnicodeError,
    OSError,
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, wherever the library has put it."""
    left, seen = [error], set[int]()
    while left:
        found = left.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        # The library's own errors are OSErrors too, and their texts are not to be shown.
        if not type(found).__module__.startswith(("requests", "urllib3")) or isinstance(found, _OWN):
            yield found
        near = (found.__cause__, found.__context__, getattr(found, "reason", None), *found.args)
        left += [each for each in near if isinstance(each, BaseException)]


_OWN = (InvalidHeader, IncompleteRead)
