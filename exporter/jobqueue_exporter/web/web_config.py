"""The file that --web.config.file names, in the format that Prometheus' own exporters share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobqueue_exporter.config import document
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.web import rate, tls, tls_config
from jobqueue_exporter.web.sections import Section
from jobqueue_exporter.web.tls import Tls

HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
MOST_COST = 18
_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


@dataclass(frozen=True, slots=True)
class Rate:
    """One request each `interval` seconds, and `burst` at once."""

    interval: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """Who is let in, and how. `users` holds bcrypt hashes; `files` are those that decide it."""

    tls: Tls | None = None
    users: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    headers: tuple[tuple[bytes, bytes], ...] = ()
    rate: Rate | None = None
    files: tuple[Path, ...] = ()

    @property
    def knows_clients(self) -> bool:
        """Whether nobody is let in without a user's password or a client certificate."""
        return bool(self.users) or self.asks_certificate

    @property
    def asks_certificate(self) -> bool:
        """Whether nobody is let in without a client certificate."""
        return self.tls is not None and self.tls.asks_who


def load(path: Path) -> WebConfig:
    """What the file asks for. Raises ConfigError, with all its problems."""
    if _is_empty(path):
        return WebConfig(files=(path,))
    read = document.read(path)
    root = Section(read.data, (), [*read.problems])
    root.only("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit")
    secured, files = _tls(root.section("tls_server_config"), path.parent)
    found = WebConfig(
        tls=secured,
        users=_users(root.section("basic_auth_users")),
        headers=_headers(root.section("http_server_config")),
        rate=_rate(root.section("rate_limit")),
        files=(path, *files),
    )
    if root.problems:
        raise ConfigError(*read.told(root.problems))
    return found


def _is_empty(path: Path) -> bool:
    """Whether the file says nothing at all, which is allowed."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ConfigError(f"--web.config.file: {path} cannot be read: {error.strerror}") from None
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in lines)


def _tls(section: Section, folder: Path) -> tuple[Tls | None, tuple[Path, ...]]:
    before = len(section.problems)
    config, files = tls_config.read(section, folder)
    if config is None or len(section.problems) > before:
        return None, files
    try:
        return tls.make(config), files
    except tls.NoGood as error:
        key = f"{error.key}_file" if f"{error.key}_file" in section else error.key
        section.wrong(key, str(error))
        return None, files


def _users(section: Section) -> dict[str, bytes]:
    users = {}
    for name in section:
        hashed = section.get(name, str, "")
        found = _BCRYPT.fullmatch(hashed)
        if ":" in name:
            section.wrong(name, "a user's name cannot hold a colon")
        if not found:
            section.wrong(name, "expected a bcrypt hash, as `htpasswd -nBC 10 NAME` prints it after the colon")
        elif not 4 <= int(found[1]) <= MOST_COST:
            section.wrong(name, f"the hash has a cost of {int(found[1])}; use 10, or at most {MOST_COST}")
        users[name] = hashed.encode()
    return users


def _headers(section: Section) -> tuple[tuple[bytes, bytes], ...]:
    section.only("http2", "headers")
    if section.get("http2", bool, False):
        section.wrong("http2", "this exporter speaks HTTP/1.1 only; leave the key out, or say false")
    headers = section.section("headers")
    found = []
    for name in headers:
        value, allowed = headers.get(name, str, ""), HEADERS.get(name)
        if allowed is None:
            headers.wrong(name, f"this header cannot be set; there are: {', '.join(HEADERS)}")
        elif allowed and value not in allowed:
            headers.wrong(name, f"expected {' or '.join(allowed)}")
        elif not value.isascii() or not value.isprintable():
            headers.wrong(name, "a header is one line of ASCII")
        elif value:
            found.append((name.lower().encode(), value.encode()))
    return tuple(found)


def _rate(section: Section) -> Rate | None:
    section.only("interval", "burst")
    given, burst = section.raw("interval"), section.get("burst", int, 0)
    interval = rate.seconds(str(given or 0))
    if interval is None:
        section.wrong("interval", "expected a duration such as 1s, 500ms or 1m30s, or 0 for no limit")
    if burst < 0:
        section.wrong("burst", "expected 0 or more")
    return Rate(interval, burst) if interval else None
