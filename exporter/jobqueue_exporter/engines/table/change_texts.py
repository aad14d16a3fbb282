"""What is said of a job that was changed, or would be."""

from __future__ import annotations

from jobqueue_exporter.engines.operations import Operation, Order
from jobqueue_exporter.engines.table.left_alone import plain

_AFTER = {
    Operation.REQUEUE: "due at once with all its attempts; its error is kept as evidence",
    Operation.RECLAIM: "its attempts are kept",
    Operation.CANCEL: "",
    Operation.ABANDON: "",
}


def said(order: Order, was: str, now: str, *, died: bool = False) -> str:
    """In words, where the job was and where it is."""
    if order.operation is Operation.DELETE:
        return f"it is {plain(was)}, and would be deleted" if order.dry_run else f"it was {plain(was)}, and is deleted"
    after = "it has no attempts left" if died else _AFTER[order.operation]
    moved = moved_to(was, now, dry_run=order.dry_run)
    return f"{moved}: {after}" if after else moved


def moved_to(was: str, now: str, *, dry_run: bool) -> str:
    """That it went from one state to another."""
    if dry_run:
        return f"it is {plain(was)}, and would be {plain(now)}"
    return f"it was {plain(was)}, and is {plain(now)} now"
