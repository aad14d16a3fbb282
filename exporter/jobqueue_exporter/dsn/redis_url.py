"""The address of a Redis, taken apart here: a driver's message about one may hold the password."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from jobqueue_exporter.dsn.bare import bare, decoded
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

DEFAULT_PORT = 6379
_EXPECTED = "expected redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path/of/the.sock"
_WRONG = f"this is no address of a Redis; {_EXPECTED}"
_TCP = {"redis", "rediss"}
_SOCKETS = {"unix", "redis+unix"}
_HOST = r"(?P<host>\[[\w.:%]+\]|[\w.-]*)(?::(?P<port>\d{0,5}))?"
_QUERY = r"(?:\?(?P<query>[\w.-]+(?:=[^&]*)?(?:&[\w.-]+(?:=[^&]*)?)*)?)?"
_AFTER_USER = re.compile(rf"{_HOST}(?:/(?P<db>\d{{0,9}})/?)?{_QUERY}", re.ASCII)
_AFTER_USER_OF_SOCKET = re.compile(rf"(?P<path>/[^?]+){_QUERY}")
_TLS_KEYS = {"ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"}
_NO = {"0", "false", "no", "none", "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisUrl:
    """Where a Redis is. `path` is that of a Unix socket and replaces host and port.

    `ca_file`, `cert_file` and `key_file` are files for TLS, empty where the system's serve; `verify` is whether its
    certificate must be trusted, and `check_hostname` whether it must name the host.
    """

    host: str = "localhost"
    port: int = DEFAULT_PORT
    path: str = ""
    db: int = 0
    user: str = ""
    password: Secret = field(default=Secret())
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    verify: bool = True
    check_hostname: bool = True
    notices: tuple[str, ...] = ()

    def public(self) -> str:
        """The address for messages: no password, no parameters."""
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        if self.path:
            return f"unix://{user}{self.path}?db={self.db}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.tls else 'redis'}://{user}{host}:{self.port}/{self.db}"


def parse(text: str) -> RedisUrl:
    """What the URL of a Redis says, also with a password that nobody percent-encoded.

    Raises:
        ConfigError: it cannot be read; the text quotes nothing of it.
    """
    scheme, _, rest = bare(text).partition("://")
    scheme = scheme.lower()
    if scheme not in _TCP | _SOCKETS or "\0" in rest:
        raise ConfigError(_WRONG)
    pattern = _AFTER_USER if scheme in _TCP else _AFTER_USER_OF_SOCKET
    for start in _starts(rest):
        if (after := pattern.fullmatch(rest, start)) is not None:
            return _read(scheme, rest[: max(start - 1, 0)], after)
    raise ConfigError(_WRONG)


def _starts(rest: str) -> Iterator[int]:
    """Where the host may start: the user and password end at the first @ after which all is well-formed."""
    yield 0
    for at in re.finditer("@", rest):
        yield at.end()


def _read(scheme: str, userinfo: str, after: re.Match[str]) -> RedisUrl:
    place = after.groupdict()
    query = dict(pair.partition("=")[::2] for pair in (place["query"] or "").split("&") if pair)
    user, _, password = userinfo.partition(":")
    user = decoded(user or query.pop("username", ""))
    password = decoded(password or query.pop("password", ""))
    if user and not password:
        raise ConfigError(f"the address names a user and no password; {_EXPECTED}, or redis://:password@host")
    db = query.pop("db", "") or place.get("db") or "0"
    port = int(place.get("port") or DEFAULT_PORT)
    if not (db.isascii() and db.isdecimal()) or not 0 < port < 65_536:
        raise ConfigError(_WRONG)
    tls = {name: decoded(query.pop(name)) for name in _TLS_KEYS & query.keys()}
    left_out = ", ".join(sorted(query))
    return RedisUrl(
        host=(place.get("host") or "localhost").strip("[]"),
        port=port,
        path=decoded(place.get("path") or ""),
        db=int(db),
        user=user,
        password=Secret(password),
        tls=scheme == "rediss",
        ca_file=tls.get("ssl_ca_certs", ""),
        cert_file=tls.get("ssl_certfile", ""),
        key_file=tls.get("ssl_keyfile", ""),
        verify=_yes(tls, "ssl_cert_reqs"),
        check_hostname=_yes(tls, "ssl_check_hostname"),
        notices=(f"left out of the address, as we do not use it: {left_out}",) if left_out else (),
    )


def _yes(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "yes").lower() not in _NO
