"""Who does it, and our own log line of each change that an engine's records do not show."""

from __future__ import annotations

import getpass
import json
import logging
import os
import re
import socket
from collections.abc import Iterable

from jobqueue_exporter.engines.operations import Change, Order

log = logging.getLogger("jobqueue_exporter.audit")

_PLAIN = re.compile(r"[\w./:@+-]+", re.ASCII)
_IDS_A_LINE = 20
_LONGEST_NAME = 100


def who() -> str:
    """The person at the keyboard, as `anna@host`: who has called sudo, if anybody did."""
    name = os.environ.get("JOBQUEUE_USER", "") or os.environ.get("SUDO_USER", "") or _user()
    name = "".join(c if c.isprintable() else " " for c in name).strip()[:_LONGEST_NAME]
    return name if "@" in name else f"{name}@{socket.gethostname()}"


def written(source: str, order: Order, changes: Iterable[Change]) -> None:
    """Logs the changes that nothing else says who did, many to a line."""
    if order.dry_run:
        return
    log.setLevel(logging.INFO)
    for result, done in (("done", True), ("unknown", None)):
        ids = [_quoted(change.id) for change in changes if change.done is done and not change.audited]
        for first in range(0, len(ids), _IDS_A_LINE):
            log.info(
                "audit operation=%s source=%s id=%s who=%s reason=%s result=%s",
                order.operation,
                source,
                ",".join(ids[first : first + _IDS_A_LINE]),
                _quoted(order.who),
                _quoted(order.reason),
                result,
            )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return f"uid-{os.getuid()}"


def _quoted(text: str) -> str:
    """The text as it is where it is plain, else in quotes: nothing in it can look like another field or line."""
    if _PLAIN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in quoted)
