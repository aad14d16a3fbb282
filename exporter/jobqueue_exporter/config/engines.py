"""The engines that a source may name."""

from __future__ import annotations

from collections.abc import Mapping

ENGINES: Mapping[str, str] = {
    "table": "postgresql",
    "procrastinate": "postgresql",
    "bullmq": "redis",
    "readiness": "http",
    "http-json": "http",
}
"""Each engine and the kind of address that it reads; its module is `engines/<name>`, with `_` for `-`."""
