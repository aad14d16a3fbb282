"""The address of an HTTP API."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit, urlunsplit

from jobqueue_exporter.dsn.bare import bare
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

_PORTS = {"http": 80, "https": 443}
_EXPECTED = "expected https://host/path, with user:password@ before the host if it wants them"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebUrl:
    """Where an HTTP API is: `url` holds no user, no password and no fragment."""

    url: str
    user: str = ""
    password: Secret = field(default=Secret())
    notices: tuple[str, ...] = ()

    def public(self) -> str:
        """The address for messages: no user, no password, no parameters."""
        return self.url.partition("?")[0]

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whom one talks to there: scheme, host and port. What is for one origin is not for another."""
        url = urlsplit(self.url)
        return url.scheme, url.hostname or "", url.port or _PORTS[url.scheme]

    def at(self, path: str) -> WebUrl:
        """The address of a path below this one, with the parameters of both."""
        base, _, given = self.url.partition("?")
        below, _, more = path.partition("?")
        query = "&".join(part for part in (given, more) if part)
        return replace(self, url=f"{base.rstrip('/')}/{below.lstrip('/')}" + (f"?{query}" if query else ""))


def parse(text: str) -> WebUrl:
    """What the URL of an API says.

    Raises:
        ConfigError: it cannot be read; the text quotes nothing of it.
    """
    try:
        url = urlsplit(bare(text))
        place = url.netloc.rpartition("@")[2]
        usable = bool(url.hostname) and url.port != 0 and url.scheme.lower() in ("http", "https")
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"this is no address of an HTTP API; {_EXPECTED}")
    return WebUrl(
        url=urlunsplit((url.scheme.lower(), place, url.path, url.query, "")),
        user=unquote(url.username or ""),
        password=Secret(unquote(url.password or "")),
    )
