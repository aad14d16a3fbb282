"""Turn a listen address into a bound socket, or say why that cannot be."""

from __future__ import annotations

import errno
import socket

from jobqueue_exporter.errors import ConfigError, JobQueueError

BACKLOG = 1024
MAX_PORT = 65_535
MOST_DIGITS = 5
MOST_SHOWN = 60


def parse(address: str) -> tuple[str, int]:
    """The host (empty: every address of this machine) and port of `address`. Raises ConfigError."""
    host, colon, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    numeric = port.isascii() and port.isdigit() and len(port) <= MOST_DIGITS and int(port) <= MAX_PORT
    if not colon or not numeric or (":" in host and not bracketed):
        raise ConfigError(
            f"listen address {address[:MOST_SHOWN]!r} is not HOST:PORT; write it as :10227, 127.0.0.1:10227 or "
            f"[::1]:10227, with a port from 0 to {MAX_PORT}"
        )
    return host[1:-1] if bracketed else host, int(port)


def bind(address: str) -> socket.socket:
    """A listening socket, non-blocking, on IPv4 and IPv6 alike when `address` names no host.

    Raises ConfigError when the address cannot be read, JobQueueError when it cannot be had.
    """
    host, port = parse(address)
    try:
        sock = _everywhere(port) if not host else _on(host, port)
    except OSError as error:
        raise JobQueueError(f"cannot listen on {address}: {_reason(error)}") from error
    sock.setblocking(False)
    return sock


def shown(sock: socket.socket) -> str:
    """The address that `sock` listens on, as HOST:PORT, for people and URLs on this machine."""
    host, port = sock.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        return f"localhost:{port}"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True)
        except OSError as error:
            # A kernel can know IPv6 and yet have no address of it, as in many containers.
            if error.errno != errno.EADDRNOTAVAIL:
                raise
    return socket.create_server(("", port), backlog=BACKLOG)


def _on(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
    return socket.create_server((str(place[0]), port), family=family, backlog=BACKLOG)


def _reason(error: OSError) -> str:
    """Why, and after a semicolon the way out."""
    if error.errno == errno.EADDRINUSE:
        return (
            "another program has it; stop that one, or choose another address with server.listen or "
            "--web.listen-address (port 0 takes any free one)"
        )
    if error.errno == errno.EACCES:
        return "ports below 1024 need more rights than we have; choose a higher one"
    return f"{error.strerror or error}; give an address of this machine"
