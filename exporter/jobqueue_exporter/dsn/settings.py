"""What of a connection string goes on to libpq, what means something else, and what is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

# fmt: off
LIBPQ = frozenset({
    "host", "port", "user", "password", "dbname", "hostaddr", "service", "servicefile", "passfile",
    "application_name", "connect_timeout", "options", "target_session_attrs", "load_balance_hosts",
    "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    "sslmode", "sslnegotiation", "sslcompression", "sslcert", "sslkey", "sslcertmode", "sslpassword",
    "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version",
    "min_protocol_version", "max_protocol_version", "channel_binding", "require_auth", "requirepeer",
    "gssencmode", "krbsrvname", "gsslib", "gssdelegation", "oauth_issuer", "oauth_client_id",
    "oauth_client_secret", "oauth_scope",
})
# fmt: on
_PLACE = {"host", "port", "user", "password", "dbname"}
_SECRET = {"sslpassword", "oauth_client_secret"}
_WHOLE_NUMBERS = {name for name in LIBPQ if name.startswith("keepalives") or name.endswith("_timeout")}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SSL_WORDS = {"true": "require", "1": "require", "no-verify": "require", "false": "disable", "0": "disable"}
_SCHEMA_NAMES = ("schema", "currentSchema")
_OPTION = re.compile(r"(?:\\.|[^\s\\])+", re.DOTALL)
_SETTING = re.compile(r"(?:-c|--)(?P<name>[\w.-]+)=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Understood:
    """The parameters for libpq, the search path, and what a person should know."""

    params: Mapping[str, str]
    search_path: str | None
    notices: tuple[str, ...]


def check_address(host: str, port: str) -> None:
    """Raises ConfigError where libpq would refuse the ports."""
    ports = port.split(",")
    if any(p and not (re.fullmatch("[0-9]{1,5}", p) and 0 < int(p) < 65_536) for p in ports):
        raise ConfigError("the port in the connection string is not a number from 1 to 65535")
    if len(ports) not in (1, len(host.split(","))):
        raise ConfigError("the connection string has not as many ports as hosts")


def understand(given: Mapping[str, str]) -> Understood:
    """All settings but the place and the user, sorted out. Raises ConfigError."""
    params: dict[str, str] = {}
    notices: list[str] = []
    search_path = None
    for name, value in given.items():
        if name in _PLACE:
            continue
        if name in _SCHEMA_NAMES:
            search_path = ", ".join(_identifier(schema) for schema in value.split(",") if schema)
        elif name == "search_path":
            search_path = value
        elif name == "options":
            options, path, dropped = _options(value)
            search_path = path or search_path
            params |= {"options": options} if options else {}
            notices += dropped
        elif name in ("sslmode", "ssl"):
            mode = _ssl_mode(given)
            params["sslmode"] = mode
            notices += [] if mode == value else [f"`{name}` was read as sslmode={mode}"]
        elif not _passes(name, value):
            why = "is not a whole number" if name in _WHOLE_NUMBERS else "means nothing to libpq"
            notices.append(f"`{name}` {why} and was left out")
        else:
            params[name] = Secret(value) if name in _SECRET else value
    return Understood(params, search_path or None, tuple(notices))


def _passes(name: str, value: str) -> bool:
    return name in LIBPQ and (name not in _WHOLE_NUMBERS or bool(re.fullmatch("[0-9]{1,9}", value)))


def _identifier(schema: str) -> str:
    schema = schema.strip()
    if re.fullmatch(r'[a-z_][a-z0-9_]*|".*"', schema, re.DOTALL):
        return schema
    return '"{}"'.format(schema.replace('"', '""'))


def _ssl_mode(given: Mapping[str, str]) -> str:
    word = given.get("sslmode", given.get("ssl", "")).lower()
    mode = _SSL_WORDS.get(word, word)
    if mode not in _SSL_MODES:
        raise ConfigError(f"`sslmode` in the connection string is none of {', '.join(_SSL_MODES)}")
    return mode


def _options(text: str) -> tuple[str, str | None, list[str]]:
    """What to keep of `options`, its search path, and what was left out.

    A pooler refuses settings made here, or keeps them for the next client, and each reading makes
    its own. What is no setting (endpoint=, project=, reference=, --cluster=) tells a proxy where to go.
    """
    kept: list[str] = []
    notices: list[str] = []
    search_path = None
    for option in _OPTION.findall(re.sub(r"(?:(?<=\s)|^)-c\s+", "-c", text.strip())):
        setting = _SETTING.fullmatch(option)
        if setting is None or setting["name"] == "cluster":
            kept.append(option)
        elif setting["name"] == "search_path":
            search_path = re.sub(r"\\(.)", r"\1", setting["value"], flags=re.DOTALL)
        else:
            notices.append(f"`options` sets `{setting['name']}`, which was left out")
    return " ".join(kept), search_path, notices
