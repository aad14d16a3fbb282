"""The URL form of a connection string, also with a password that nobody percent-encoded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobqueue_exporter.dsn.bare import decoded
from jobqueue_exporter.dsn.settings import LIBPQ
from jobqueue_exporter.errors import ConfigError

_SCHEMES = {"postgres", "postgresql", "pgsql", "postgis"}
_SCHEME = re.compile(r"(?:jdbc:)?(?P<base>[a-z][a-z0-9]{0,19})(?:[+-][a-z0-9+_-]{1,30})?", re.IGNORECASE)
_HOST = r"(?:\[[\w.:%]+\]|[\w.~%+-]*)(?::\d{0,5})?"
_AFTER_USER = re.compile(rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/(?P<dbname>[^?@]*))?(?:\?(?P<query>.*))?", re.DOTALL)
_PORT = re.compile(r":(\d*)$")


def split(text: str) -> dict[str, str]:
    """Its settings by their libpq names, decoded; those of the query count more. Raises ConfigError.

    The user and password end at the first @ after which all is well-formed: a host, a database
    without a bare @, parameters that we know where a bare @ is in their value. So an @, / or ? in
    a password does no harm, and neither does an @ in a parameter.
    """
    scheme, _, rest = text.partition("://")
    _check_scheme(scheme)
    for start in _starts(rest):
        after = _AFTER_USER.fullmatch(rest, start)
        if after is None or not _well_formed(after["query"] or ""):
            continue
        user, _, password = rest[: max(start - 1, 0)].partition(":")
        given = {"user": decoded(user), "password": decoded(password)}
        given |= _hosts(after["hosts"]) | {"dbname": decoded(after["dbname"] or "")}
        return {name: value for name, value in given.items() if value} | _query(after["query"] or "")
    raise ConfigError(
        "no host, port and database can be made out in the connection string; expected "
        "postgresql://user:password@host:5432/database, with @ / ? # in the password as %40 %2F %3F %23"
    )


def speaks(scheme: str) -> bool:
    """Whether a scheme is one of Postgres, as applications write them."""
    found = _SCHEME.fullmatch(scheme)
    return found is not None and found["base"].lower() in _SCHEMES


def unsupported(text: str) -> str:
    """That the scheme of an address is none of those that we read."""
    return f"{_named(text.partition('://')[0])}; postgresql://, redis://, rediss://, http:// and https:// are"


def _check_scheme(scheme: str) -> None:
    if not speaks(scheme):
        raise ConfigError(f"{_named(scheme)}; only PostgreSQL is: postgresql://user:password@host:5432/database")


def _named(scheme: str) -> str:
    found = _SCHEME.fullmatch(scheme)
    return f"{found['base'].lower()}:// is not supported" if found else "it starts with no known scheme"


def _starts(rest: str) -> Iterator[int]:
    """Where the host may start, the likeliest first."""
    yield 0
    for at in re.finditer("@", rest):
        yield at.end()


def _well_formed(query: str) -> bool:
    return all(re.fullmatch(r"[\w.-]+", name) and ("@" not in value or name in LIBPQ) for name, value in _pairs(query))


def _query(query: str) -> dict[str, str]:
    return {name: decoded(value) for name, value in _pairs(query)}


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        if piece:
            yield name, value


def _hosts(text: str) -> dict[str, str]:
    hosts, ports = [], []
    for address in text.split(","):
        port = _PORT.search(address)
        hosts.append(decoded(address[: port.start()] if port else address).strip("[]"))
        ports.append(port[1] if port else "")
    return {"host": ",".join(hosts), "port": ",".join(ports) if any(ports) else ""}
