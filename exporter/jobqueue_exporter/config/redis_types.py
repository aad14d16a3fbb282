"""What jobqueue.yml may say of a source in Redis."""

from __future__ import annotations

from jobqueue_exporter.config.basics import Strict


class BullMQ(Strict, frozen=True):
    """Which queues of BullMQ are read; it keeps no list of them."""

    prefix: str = "bull"
    """What the keys of all its queues start with."""
    queues: tuple[str, ...] = ()
    """The names of the queues; left out: those that connected workers take from, and what `scan` finds."""
    scan: bool = False
    """Whether to look through all keys of the database for queues, now and then and in small steps."""
    dead_letter_suffix: str = "-dlq"
    """A queue named so after another holds the dead jobs of that one; empty: there are none."""
