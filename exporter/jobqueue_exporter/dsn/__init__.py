"""Connection strings, taken apart here: libpq would print the whole of one that it cannot read.

`parse` is for Postgres; `redis_url` and `web_url` are for the others, and `address` for any of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from jobqueue_exporter.dsn import keywords, redis_url, settings, url, web_url
from jobqueue_exporter.dsn.bare import bare
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

_HTTP = {"http", "https"}
_KEYWORD_FORM = re.compile(r"\s*\w+\s*=")
_ADDRESSES = "postgresql://user:password@host:5432/database (or host=… dbname=…), redis://host:6379/0 or https://host"
_SUPPORTED = "postgresql://user:password@host:5432/database, or host=… dbname=… user=…"


class Address(Protocol):
    """Where a source is."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What was left out or read in another way."""

    def public(self) -> str:
        """The address for messages: no password, no parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsn:
    """Where a Postgres database is, and as whom to enter it.

    Several hosts stand in `host` with commas between, and so do their ports. `search_path` is the
    text of that setting. `notices` say what was left out or read in another way.
    """

    host: str = ""
    port: str = ""
    user: str = ""
    password: Secret = field(default=Secret())
    dbname: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    search_path: str | None = None
    notices: tuple[str, ...] = ()

    def conninfo(self) -> dict[str, str]:
        """Keyword arguments for `psycopg.connect`; what is not given is absent."""
        place = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.dbname,
        }
        return {name: value for name, value in place.items() if value} | dict(self.params)

    def public(self) -> str:
        """The DSN for messages: no password, no parameters."""
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        database = f"/{quote(self.dbname, safe='')}" if self.dbname else ""
        if "/" in self.host:
            return f"postgresql://{user}{database or '/'}?host={self.host}"
        return f"postgresql://{user}{self._addresses()}{database}"

    def _addresses(self) -> str:
        hosts = [f"[{host}]" if ":" in host else host for host in self.host.split(",")]
        ports = self.port.split(",")
        if len(ports) < len(hosts):
            ports *= len(hosts)
        return ",".join(f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=True))


def kind(text: str) -> str:
    """The kind of an address, by its scheme: `postgresql` (also in the keyword form), `redis`, `http`; else empty."""
    text = bare(text)
    scheme, separator, _ = text.partition("://")
    if not separator:
        return "postgresql" if _KEYWORD_FORM.match(text) else ""
    if scheme.lower() in _HTTP:
        return "http"
    if scheme.lower().startswith("redis") or scheme.lower() == "unix":
        return "redis"
    return "postgresql" if _KEYWORD_FORM.match(text) or url.speaks(scheme) else ""


def address(text: str) -> Address:
    """What an address of any kind says. Raises ConfigError, which quotes nothing of it."""
    parsers: Mapping[str, Callable[[str], Address]] = {
        "postgresql": parse,
        "redis": redis_url.parse,
        "http": web_url.parse,
    }
    found = kind(text)
    if not found:
        what = "this is no address" if bare(text) else "the address is empty"
        raise ConfigError(url.unsupported(text) if "://" in text else f"{what}; expected {_ADDRESSES}")
    return parsers[found](text)


def parse(text: str) -> Dsn:
    """What a connection string says, in the URL form or the keyword form of libpq.

    Raises:
        ConfigError: it cannot be read; the text says why and quotes nothing of it.
    """
    text = bare(text)
    if not text:
        raise ConfigError(f"the connection string is empty; expected {_SUPPORTED}")
    if "\0" in text:
        raise ConfigError("the connection string holds a NUL character")
    if _KEYWORD_FORM.match(text):
        return _dsn(keywords.split(text))
    if "://" in text:
        return _dsn(url.split(text))
    raise ConfigError(f"this is no connection string; expected {_SUPPORTED}")


def _dsn(given: Mapping[str, str]) -> Dsn:
    host, port = given.get("host", ""), given.get("port", "")
    settings.check_address(host, port)
    understood = settings.understand(given)
    return Dsn(
        host=host,
        port=port,
        user=given.get("user", ""),
        password=Secret(given.get("password", "")),
        dbname=given.get("dbname", ""),
        params=understood.params,
        search_path=understood.search_path,
        notices=understood.notices,
    )
