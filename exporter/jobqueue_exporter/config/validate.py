"""From a document to a Config, or to all its problems at once."""

from __future__ import annotations

import msgspec

from jobqueue_exporter.config import checks, typed
from jobqueue_exporter.config.document import Document
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.config.nodes import Problem
from jobqueue_exporter.config.types import Config, EngineName
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.secret import Secret


def config(document: Document, problems: tuple[str, ...] = ()) -> Config:
    """The Config that a document describes.

    Raises:
        ConfigError: with `problems` and every one of the document.
    """
    refusal = ""
    try:
        converted = msgspec.convert(document.data, Config, dec_hook=_custom)
    except msgspec.ValidationError as error:
        refusal = str(error)
    found = [*document.problems, *_where_resolved(document, list(checks.problems(document.data)))]
    if refusal:
        # Only to say what is wrong: loading jsonschema takes longer than all the rest of this.
        from jobqueue_exporter.config import violations

        found += _where_resolved(document, list(violations.found(document)))
        found = found or [Problem((), refusal)]
    told = (*problems, *document.told(found))
    if told:
        raise ConfigError(*told)
    return converted


def _where_resolved(document: Document, problems: list[Problem]) -> list[Problem]:
    """Without those of values that are unknown, since a reference to them failed."""
    return [problem for problem in problems if problem.where not in document.unresolved]


def _custom(kind: type, raw: object) -> object:
    if kind is Secret:
        if isinstance(raw, str):
            return Secret(raw)
        raise ValueError("expected a string")
    if kind is EngineName:
        if raw in ENGINES:
            return EngineName(raw)
        raise ValueError(f"expected one of {', '.join(ENGINES)}")
    return typed.custom(kind, raw)
