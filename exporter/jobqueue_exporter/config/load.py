"""Where the configuration comes from: a file, or DATABASE_URL alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from jobqueue_exporter import dsn
from jobqueue_exporter.config import document, environment, files, interpolation, validate
from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret

DEFAULT_FILE = Path("jobqueue.yml")
_LONGEST_NAME = 63


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration in a file; without one that of `jobqueue.yml` here, or of DATABASE_URL.

    A `.env` beside the file (or here) adds to `environ`.

    Raises:
        ConfigError: it cannot be used; all its problems are listed.
    """
    if path is None and not os.access(DEFAULT_FILE, os.F_OK):
        return from_database_url(environ)
    file = path or DEFAULT_FILE
    variables, problems = environment.variables(file.parent, environ)
    parsed = interpolation.resolved(document.read(file), variables)
    if not parsed.data:
        raise ConfigError(f"{file}: the file is empty; `sources:` is the least it needs, see `jobqueue init`")
    return validate.config(files.resolved(parsed, file.parent), problems)


def from_database_url(environ: Mapping[str, str]) -> Config:
    """The configuration of the one database in DATABASE_URL. Raises ConfigError."""
    variables, problems = environment.variables(Path(), environ)
    if problems:
        raise ConfigError(*problems)
    url = variables.get("DATABASE_URL", "")
    if not url.strip():
        raise ConfigError(
            f"nothing to read: there is no {DEFAULT_FILE} here and DATABASE_URL is not set; "
            "set it, name a file with --config, or write one with `jobqueue init`"
        )
    try:
        database = dsn.parse(url).dbname
    except ConfigError as error:
        raise ConfigError(f"DATABASE_URL: {error}") from None
    return Config(sources=(Source(name=_source_name(database), dsn=Secret(url)),))


def _source_name(database: str) -> str:
    """The name of a database with all that a source's name may not have as `-`."""
    name = re.sub(r"[^a-zA-Z0-9_.-]+", "-", database).strip("-._")[:_LONGEST_NAME]
    return name or "database"
