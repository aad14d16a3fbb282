"""What Redis' errors mean to us, in words that name the way out."""

from __future__ import annotations

import socket
import ssl

import redis
from redis import exceptions as rs

from jobqueue_exporter.errors import Refused, SourceError, TimedOut, Unreachable

LONGEST_TEXT = 200
CLUSTER = (rs.MovedError, rs.AskError, rs.ClusterError, rs.ClusterCrossSlotError, rs.TryAgainError)
_NO_CLUSTER = "this is a node of a Redis Cluster, which is not supported yet: its keys lie on several servers"


def explained(error: BaseException) -> SourceError:
    """Our error for one of the driver's, of a socket or of a reply that is none."""
    match error:
        case SourceError():
            return error
        case rs.MasterDownError():
            return Unreachable(f"it is a replica that has lost its master: {said(error)}")
        case rs.MovedError() | rs.AskError() | rs.ClusterError() | rs.ClusterCrossSlotError() | rs.TryAgainError():
            return Refused(_NO_CLUSTER)
        case rs.BusyLoadingError():
            return Unreachable("it is loading its data into memory and answers when that is done")
        case rs.AuthenticationError() | rs.AuthenticationWrongNumberOfArgsError():
            return Refused(_unauthenticated(said(error)))
        case rs.NoPermissionError():
            return Refused(f"{said(error)}: grant it; `jobqueue sql role` prints the statement")
        case rs.InvalidResponse():
            return Refused("what answers there is no Redis: its reply is none of Redis' protocol")
        case redis.TimeoutError() | TimeoutError():
            return TimedOut("no answer within the time limit")
        case redis.ConnectionError() | OSError():
            return _unreached(error)
        case rs.ResponseError():
            return Refused(_answered(said(error)))
        case _:
            return Refused(f"its replies make no sense to us ({type(error).__name__}): is it a Redis?")


def said(error: BaseException) -> str:
    """The text of an error in one printable line, cut short."""
    line = "".join(c if c.isprintable() else " " for c in str(error)).strip()
    code = getattr(error, "status_code", None)
    if code and isinstance(error, rs.NoPermissionError):
        line = f"{code} {line}"
    return line if len(line) <= LONGEST_TEXT else line[:LONGEST_TEXT] + "…"


def _unauthenticated(text: str) -> str:
    if "without any password" in text or "no password is set" in text:
        return "it has no password, and the address gives one: take it out"
    if "equired" in text:
        return "it wants a password: put it into the address, as in redis://:password@host"
    return f"it does not take the user or the password of the address ({text})"


def _answered(text: str) -> str:
    if "DB index" in text or "invalid DB" in text or text.startswith("SELECT is not allowed"):
        return f"it has no database of that number ({text}): mend the number at the end of the address"
    if text.startswith("NOREPLICAS") or text.startswith("MISCONF"):
        return f"it refuses commands because of its own state: {text}"
    return text


def _unreached(error: BaseException) -> SourceError:
    """Why there is no connection, by what the system said."""
    match error:
        case ssl.SSLCertVerificationError():
            return Refused(f"its certificate is not trusted: {error.verify_message}")
        case ssl.SSLError():
            return Unreachable(f"TLS failed ({said(error)}): does that port speak TLS, and want a certificate?")
        case socket.gaierror():
            return Unreachable("the name of the host is not known")
        case ConnectionRefusedError():
            return Unreachable("connection refused: nothing listens there")
        case FileNotFoundError():
            return Unreachable("no such file: the socket, or a file of TLS that the address names")
        case PermissionError():
            return Unreachable("permission denied by the system")
    text = said(error)
    if "max number of clients" in text:
        return Unreachable(f"{text}: raise maxclients")
    if "Connection closed by server" in text:
        return Unreachable("it closed the connection: does that port want TLS (rediss://)?")
    if "Invalid Database" in text:
        return Refused("it has no database of that number: mend the number at the end of the address")
    return Unreachable(f"connection lost: {text}")
