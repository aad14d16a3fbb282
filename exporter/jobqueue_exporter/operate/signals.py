"""How a person stops what takes long."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Signals(Protocol):
    """Whether a person has asked to stop, and a wait that this ends.

    Who asks once more wants it to end at once: a KeyboardInterrupt, in `wait` and within `at_once` only, so that
    nothing is lost of what was already done.
    """

    @property
    def asked(self) -> bool:
        """Whether it is time to stop after the batch under way."""

    def wait(self, seconds: float) -> bool:
        """Waits so long, or until it is asked to stop; whether it was."""

    def at_once(self) -> AbstractContextManager[None]:
        """While something takes long that may be broken off."""
