"""Writes documents as JSON."""

from __future__ import annotations

import json

import click
import msgspec

from jobqueue_exporter.masking import escaped


def document(made: msgspec.Struct) -> None:
    """The document on stdout, indented, with its fields in the order of its type."""
    click.echo(_json(made, indent=2))


def line(made: msgspec.Struct) -> None:
    """The document on stdout on one line, for those who read many in a row."""
    click.echo(_json(made))


def _json(made: msgspec.Struct, indent: int | None = None) -> str:
    # Names of queues and errors may hold what UTF-8 does not have, and what a terminal obeys.
    return escaped(json.dumps(msgspec.to_builtins(made), indent=indent, ensure_ascii=False))
