"""Text that must not be seen by accident."""

from __future__ import annotations


class Secret(str):
    """A string that never shows itself in a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"
