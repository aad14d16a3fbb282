"""Commands as a person can paste them."""

from __future__ import annotations

import shlex

_GROUPS = frozenset({"jobs", "workers", "dlq"})


def pasted(command: str, source: str | None) -> str:
    """The command with our name before it, and with the source where one is given."""
    words = command.split(" ")
    size = 2 if words[0] in _GROUPS else 1
    named = ["--source", shlex.quote(source)] if source else []
    return " ".join(["jobqueue", *words[:size], *named, *words[size:]])
