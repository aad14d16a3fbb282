"""What a schema cannot say: values that mean something, and that must fit each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from jobqueue_exporter import dsn
from jobqueue_exporter.config import alert_fit, fit
from jobqueue_exporter.config.nodes import Problem, Where
from jobqueue_exporter.errors import ConfigError

_PART = r'(?:[^\W\d][\w$]{0,62}|"(?:[^"\0]|"")+")'
_TABLE = re.compile(rf"{_PART}(\.{_PART})?")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_LONGEST_NAME = 63
_MOST_SHOWN = 60


def table_name(text: str) -> str | None:
    """What is wrong with the name of a table, as in SQL."""
    if _TABLE.fullmatch(text):
        return None
    return 'expected the name of a table, as in jobs, public.jobs or public."Job"'


def column_name(text: str) -> str | None:
    """What is wrong with the name of a column, as it stands in the catalog."""
    if 0 < len(text.encode()) <= _LONGEST_NAME and "\0" not in text:
        return None
    return f"expected the name of a column, of 1 to {_LONGEST_NAME} bytes"


def connection_string(text: str) -> str | None:
    """What is wrong with the address of a database, a Redis or an HTTP API."""
    try:
        dsn.address(text)
    except ConfigError as error:
        return str(error)
    return None


def regular_expression(text: str) -> str | None:
    """What is wrong with a regular expression."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a regular expression of Python: {error}"
    return None


def listen_address(text: str) -> str | None:
    """What is wrong with an address to listen on."""
    host, colon, port = text.rpartition(":")
    if colon and re.fullmatch("[0-9]{1,5}", port) and int(port) < 65_536 and _is_host(host):
        return None
    # A connection string that got here by mistake may hold a password.
    got = "" if "://" in text or "@" in text else f", got {text[:_MOST_SHOWN]!r}"
    return "expected an address and a port from 0 to 65535, as in :10227, 127.0.0.1:10227 or [::1]:10227" + got


def web_address(text: str) -> str | None:
    """What is wrong with the URL of a site."""
    try:
        url = urlsplit(text)
        has_place = bool(url.hostname) and url.port != 0 and url.username is None
    except ValueError:
        has_place = False
    if has_place and url.scheme in ("http", "https") and not re.search(r"[?#\s]", text):
        return None
    return "expected a URL such as https://jobs.example.com, without user, ? and #"


def api_address(text: str) -> str | None:
    """What is wrong with the address of an HTTP API."""
    return connection_string(text) if dsn.kind(text) == "http" else "expected an address such as https://host/healthz"


def header_value(text: str) -> str | None:
    """What is wrong with the value of a header."""
    if re.fullmatch(r"[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff\t]*[\x21-\x7e\x80-\xff])?", text):
        return None
    return "expected a value that fits in one line and neither starts nor ends with a space"


def not_empty(text: str) -> str | None:
    """That there is nothing."""
    return None if text.strip() else "expected a string that is not empty"


VALUES: tuple[tuple[Where, Callable[[str], str | None]], ...] = (
    (("server", "listen"), listen_address),
    (("server", "external_url"), web_address),
    (("links", "runbooks"), web_address),
    (("links", "grafana"), web_address),
    (("links", "prometheus"), web_address),
    (("links", "prometheus_job"), not_empty),
    (("sources", "*", "dsn"), connection_string),
    (("sources", "*", "write_dsn"), connection_string),
    (("sources", "*", "schema"), column_name),
    (("sources", "*", "bullmq", "queues", "*"), not_empty),
    (("sources", "*", "http", "headers", "*"), header_value),
    (("sources", "*", "http", "liveness"), api_address),
    (("sources", "*", "http", "queue"), not_empty),
    (("sources", "*", "table"), table_name),
    (("sources", "*", "columns", "*"), column_name),
    (("sources", "*", "events", "table"), table_name),
    (("sources", "*", "events", "job_id"), column_name),
    (("sources", "*", "events", "stage"), column_name),
    (("sources", "*", "events", "created_at"), column_name),
    (("sources", "*", "heartbeats", "table"), table_name),
    (("sources", "*", "dead_letters", "table"), table_name),
    (("sources", "*", "dead_letters", "id"), column_name),
    (("sources", "*", "dead_letters", "queue"), column_name),
    (("sources", "*", "dead_letters", "kind"), column_name),
    (("sources", "*", "dead_letters", "status"), column_name),
    (("sources", "*", "dead_letters", "attempts"), column_name),
    (("sources", "*", "dead_letters", "error"), column_name),
    (("sources", "*", "dead_letters", "created_at"), column_name),
    (("sources", "*", "binaries", "*"), not_empty),
    (("sources", "*", "causes", "*", "match"), regular_expression),
)
"""Where in the configuration which check judges a string; `*` is any index or key."""


def problems(data: Mapping[str, object]) -> Iterator[Problem]:
    """All problems of meaning, whatever else is wrong with the data."""
    for pattern, check in VALUES:
        for where, value in _found(data, pattern, ()):
            if isinstance(value, str) and (wrong := check(value)):
                yield Problem(_from_file(data, where), wrong)
    yield from fit.problems(data)
    yield from alert_fit.problems(data.get("alerts"))


def _found(data: object, pattern: Where, where: Where) -> Iterator[tuple[Where, object]]:
    if not pattern:
        yield where, data
        return
    members: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(data, dict):
        members = iter(data.items())
    elif isinstance(data, list):
        members = iter(enumerate(data))
    for key, member in members:
        if pattern[0] in ("*", key):
            yield from _found(member, pattern[1:], (*where, key))


def _from_file(data: object, where: Where) -> Where:
    """The place of a DSN that came from a file is the key that names the file."""
    if where[-1] != "dsn":
        return where
    source = next(found for _, found in _found(data, where[:-1], ()))
    return (*where[:-1], "dsn_file") if isinstance(source, dict) and "dsn_file" in source else where


def _is_host(host: str) -> bool:
    if not host:
        return True
    try:
        ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:
        return bool(_HOST_NAME.fullmatch(host)) and not host.replace(".", "").isdigit()
    return ":" not in host or host.startswith("[")
