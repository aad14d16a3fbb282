"""Whether a list that does not say how long it is may be one page of a longer one."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

_LIMITS = frozenset({"limit", "per_page", "perpage", "page_size", "pagesize", "size", "take", "first", "count"})
_USUAL = frozenset({10, 20, 25, 30, 40, 50, 100, 150, 200, 250, 300, 400, 500, 1000, 2000, 5000, 10_000})


def limit(path: str) -> int | None:
    """How many items a path with its parameters asks for, None where it does not say."""
    for name, value in parse_qsl(urlsplit(path).query):
        if name.lower() in _LIMITS and value.isascii() and value.isdecimal() and int(value[:9]):
            return int(value[:9])
    return None


def full(items: int, asked: int | None) -> bool:
    """Whether so many items look like a full page: as many as were asked for, or as an API chooses by itself."""
    return items in _USUAL or (asked is not None and items >= asked)


def doubt(items: int) -> str:
    """What to say of the numbers of such a page."""
    return (
        f"the list may be cut: it has {items} items, as a full page has, and says no total; "
        "there are at least so many, and ages may be told low"
    )
