"""Prints the OpenAPI description that stands in openapi.json."""

from __future__ import annotations

import json
import sys

import msgspec

from jobqueue_exporter.web.api.openapi import general
from jobqueue_exporter.web.api.operations import OPERATIONS


def written() -> str:
    """The whole of openapi.json."""
    return f"{json.dumps(msgspec.to_builtins(general(OPERATIONS)), indent=2, ensure_ascii=False)}\n"


if __name__ == "__main__":
    sys.stdout.write(written())
