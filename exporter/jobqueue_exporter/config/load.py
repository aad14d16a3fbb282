"""Where the configuration comes from: a file, or DATABASE_URL and REDIS_URL alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from jobqueue_exporter import dsn
from jobqueue_exporter.config import document, environment, files, interpolation, validate
from jobqueue_exporter.config.types import BullMQ, Config, Source
from jobqueue_exporter.dsn import redis_url
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

DEFAULT_FILE = Path("jobqueue.yml")
ADDRESSES: Mapping[str, str] = {"DATABASE_URL": "postgresql", "REDIS_URL": "redis"}
"""The variables that name a source where there is no file, and the kind of address that each holds."""
_LONGEST_NAME = 63


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration in a file; without one that of `jobqueue.yml` here, or of the environment.

    A `.env` beside the file (or here) adds to `environ`.

    Raises:
        ConfigError: it cannot be used; all its problems are listed.
    """
    if path is None and not os.access(DEFAULT_FILE, os.F_OK):
        return from_environment(environ)
    file = path or DEFAULT_FILE
    variables, problems = environment.variables(file.parent, environ)
    parsed = interpolation.resolved(document.read(file), variables)
    if not parsed.data:
        raise ConfigError(f"{file}: the file is empty; `sources:` is the least it needs, see `jobqueue init`")
    return validate.config(files.resolved(parsed, file.parent), problems)


def without_sources(path: Path | None, environ: Mapping[str, str]) -> Config:
    """What a file says, or `jobqueue.yml` here, as far as no source is needed for it: where sources are is not looked
    at, so that their secrets need not be there. Without a file, the defaults.

    Raises:
        ConfigError: it cannot be used; all its problems are listed.
    """
    if path is None and not os.access(DEFAULT_FILE, os.F_OK):
        return Config(sources=())
    file = path or DEFAULT_FILE
    variables, problems = environment.variables(file.parent, environ)
    parsed = document.read(file)
    listed = parsed.data.get("sources")
    named = [{"name": each["name"]} for each in listed if "name" in each] if isinstance(listed, list) else []
    bare = replace(parsed, data={**parsed.data, "sources": named})
    resolved = files.resolved(interpolation.resolved(_with_addresses(bare), variables), file.parent)
    return validate.config(resolved, problems)


def from_environment(environ: Mapping[str, str]) -> Config:
    """The configuration of what DATABASE_URL and REDIS_URL name, a source each. Raises ConfigError."""
    variables, problems = environment.variables(Path(), environ)
    if problems:
        raise ConfigError(*problems)
    given = [(name, variables.get(name, "")) for name in ADDRESSES]
    sources = [_source(name, url) for name, url in given if url.strip()]
    if not sources:
        raise ConfigError(
            f"nothing to read: there is no {DEFAULT_FILE} here and neither {' nor '.join(ADDRESSES)} is set; "
            "set one, name a file with --config, or write one with `jobqueue init`"
        )
    return Config(sources=tuple(sources))


def _with_addresses(bare: document.Document) -> document.Document:
    """With an address that nobody will ask for each source, and a source where there is none."""
    listed = bare.data["sources"]
    named = listed if isinstance(listed, list) and listed else [{"name": "none"}]
    return replace(bare, data={**bare.data, "sources": [{**each, "dsn": "postgresql://"} for each in named]})


def _source(variable: str, url: str) -> Source:
    """The source of one address. All keys of a Redis are looked through for queues in small steps, since nothing else
    tells which it has: at each reading until all were seen once, then as often as other extras are read."""
    kind, given = ADDRESSES[variable], dsn.kind(url)
    if given and given != kind:
        better = next((f"; put this one into {name}" for name, wanted in ADDRESSES.items() if wanted == given), "")
        raise ConfigError(f"{variable}: expected an address that starts with {kind}://{better}")
    try:
        place = dsn.parse(url) if kind == "postgresql" else redis_url.parse(url)
    except ConfigError as error:
        raise ConfigError(f"{variable}: {error}") from None
    if isinstance(place, dsn.Dsn):
        return Source(name=_source_name(place.dbname), dsn=Secret(url))
    return Source(name=f"{kind}-{place.public().rpartition('/')[2]}", dsn=Secret(url), bullmq=BullMQ(scan=True))


def _source_name(database: str) -> str:
    """The name of a database with all that a source's name may not have as `-`."""
    name = re.sub(r"[^a-zA-Z0-9_.-]+", "-", database).strip("-._")[:_LONGEST_NAME]
    return name or "database"
