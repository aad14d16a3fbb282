"""What jobqueue.yml may say of an HTTP API."""

from __future__ import annotations

import msgspec

from jobqueue_exporter.config.basics import Strict
from jobqueue_exporter.secret import Secret


class Http(Strict, frozen=True):
    """How an HTTP API is asked."""

    headers: dict[str, Secret] = msgspec.field(default_factory=dict)
    """Headers to send, such as Authorization."""
    ca_file: str | None = None
    """A file of CA certificates to trust instead of the usual ones; relative to the working directory."""
