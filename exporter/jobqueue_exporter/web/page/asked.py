"""What a client wants to see of the page at /."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Asked:
    """One source, or all where it is empty; a page of its queues from 1 on, or 0 for the worst of them."""

    source: str = ""
    page: int = 0

    @property
    def address(self) -> str:
        """What stands behind the path for this: nothing, or a query with its ?, whatever the source is called."""
        told = {"source": self.source, "page": self.page}
        return f"?{urlencode({key: value for key, value in told.items() if value})}" if any(told.values()) else "./"


def asked(query: Mapping[str, str]) -> Asked:
    """What this query asks for; a number of a page that is none asks for the worst."""
    source, page = query.get("source", ""), query.get("page", "")
    usable = page.isascii() and page.isdigit() and len(page) < 8
    return Asked(source, int(page) if source and usable else 0)
