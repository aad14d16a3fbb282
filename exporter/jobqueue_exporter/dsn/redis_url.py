"""The address of a Redis, taken apart here: a driver's message about one may hold the password."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from jobqueue_exporter.dsn.bare import bare
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

DEFAULT_PORT = 6379
_EXPECTED = "expected redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path/of/the.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisUrl:
    """Where a Redis is. `path` is that of a Unix socket and replaces host and port."""

    host: str = "localhost"
    port: int = DEFAULT_PORT
    path: str = ""
    db: int = 0
    user: str = ""
    password: Secret = field(default=Secret())
    tls: bool = False
    notices: tuple[str, ...] = ()

    def public(self) -> str:
        """The address for messages: no password, no parameters."""
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        if self.path:
            return f"unix://{user}{self.path}?db={self.db}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.tls else 'redis'}://{user}{host}:{self.port}/{self.db}"


def parse(text: str) -> RedisUrl:
    """What the URL of a Redis says.

    Raises:
        ConfigError: it cannot be read; the text quotes nothing of it.
    """
    try:
        url = urlsplit(bare(text))
        socket = url.scheme.lower() in ("unix", "redis+unix")
        query = dict(pair.partition("=")[::2] for pair in url.query.split("&") if pair)
        db = query.pop("db", "") or ("0" if socket else url.path.strip("/") or "0")
        port = url.port or DEFAULT_PORT
    except ValueError:
        raise ConfigError(f"this is no address of a Redis; {_EXPECTED}") from None
    if not db.isdecimal() or (socket and not url.path):
        raise ConfigError(f"this is no address of a Redis; {_EXPECTED}")
    left_out = ", ".join(sorted(query))
    return RedisUrl(
        host=url.hostname or "localhost",
        port=port,
        path=unquote(url.path) if socket else "",
        db=int(db),
        user=unquote(url.username or ""),
        password=Secret(unquote(url.password or "")),
        tls=url.scheme.lower() == "rediss",
        notices=(f"left out of the address, as we do not use it: {left_out}",) if left_out else (),
    )
