"""What became of the jobs that were to be changed: line by line as it happens, or as one JSON document."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence

import click
import msgspec

from jobqueue_exporter.cli.console import commanded, wrapped
from jobqueue_exporter.cli.documents import jobs as documents
from jobqueue_exporter.cli.writing import Place
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.masking import line, masked
from jobqueue_exporter.operate import meaning

_WORDS = {
    Operation.REQUEUE: "dlq requeue",
    Operation.RECLAIM: "jobs reclaim",
    Operation.CANCEL: "jobs cancel",
    Operation.ABANDON: "dlq abandon",
    Operation.DELETE: "dlq delete",
}
_AFTERWARDS = {
    Operation.REQUEUE: "jobs stats",
    Operation.RECLAIM: "jobs stats",
    Operation.CANCEL: "jobs stats",
    Operation.ABANDON: "dlq stats",
    Operation.DELETE: "dlq stats",
}
_DONE_LINES = 10
_ID = 200
_TEXT = 300
_HINT = 2_000
_BENEATH = "  "
_IN_MEMORY = 4 * 1024 * 1024
_EMPTY = '"changes": []\n}'


class Report:
    """Tells of the changes of one order on `total` jobs. Memory stays the same however many they are."""

    def __init__(self, place: Place, order: Order, total: int, *, as_json: bool) -> None:
        self._place = place
        self._order = order
        self._total = total
        self._json = as_json
        self._counts: Counter[str] = Counter()
        self._last = ""
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed by `end`

    def add(self, changes: Sequence[Change]) -> None:
        """Tells of the changes of a batch."""
        lost = [change.id for change in changes if change.done is False and not change.state and not change.word]
        elsewhere = self._place.elsewhere(lost) if lost else {}
        for change in changes:
            document = self._document(change, elsewhere.get(change.id, ""))
            self._counts[document.result] += 1
            self._last = change.moved_to or change.id
            if self._json:
                self._spool.write(json.dumps(msgspec.to_builtins(document), ensure_ascii=False).encode() + b"\n")
            elif document.result not in ("done", "would") or self._counts[document.result] <= _DONE_LINES:
                # As sys.stdout is now: a bar that is drawn puts itself in its place, and click would go past it.
                click.echo(_text(document), file=sys.stdout)

    def end(self, stopped: str = "") -> int:
        """Tells how many there were of each, and what to do next; the exit code. `stopped`: why it ended early."""
        counts = self._counts
        good = counts["would"] if self._order.dry_run else counts["done"]
        untouched = self._total - counts.total()
        if self._json:
            self._write(stopped, untouched)
        else:
            if good > _DONE_LINES:
                click.echo(f"… and {good - _DONE_LINES:,} more")
            if stopped:
                click.echo(wrapped(f"stopped: {line(stopped, _TEXT)}", _BENEATH))
            click.echo(self._sentence(good, untouched))
        self._spool.close()
        return 0 if good == self._total or (self._order.dry_run and not untouched) else 1

    def _sentence(self, good: int, untouched: int) -> str:
        operation, counts = self._order.operation, self._counts
        rest = f"{counts['unknown']:,} unknown, {untouched:,} untouched"
        if self._order.dry_run:
            would = f"{good:,} would be done, {counts['left']:,} would be left alone"
            return wrapped(f"{operation}: {would}, {rest}; this was a dry run, nothing was changed", _BENEATH)
        next_command = _AFTERWARDS[operation]
        if self._total == 1 and operation is not Operation.DELETE:
            next_command = meaning.command("jobs status", self._last) if self._last else next_command
        sentence = f"{operation}: {good:,} done, {counts['left']:,} left alone, {rest}"
        return commanded(f"{sentence}.", " To verify: ", self._place.command(next_command), _BENEATH)

    def _document(self, change: Change, elsewhere: str) -> documents.Change:
        good = "would" if self._order.dry_run else "done"
        text, command = change.text, ""
        if elsewhere:
            text = f"source {self._place.source.name} has no such job, but source {elsewhere} has one of this id"
            words = meaning.command(_WORDS[self._order.operation], change.id)
            command = self._place.command(words, elsewhere)
        elif words := meaning.instead(change, self._order.operation):
            command = self._place.command(words)
        return documents.Change(
            source=self._place.source.name,
            id=change.id,
            result={True: good, False: "left", None: "unknown"}[change.done],
            text=masked(text),
            state=change.state,
            command=command,
        )

    def _write(self, stopped: str, untouched: int) -> None:
        """The document: all but its changes is known, and those are copied one by one."""
        whole = documents.Changes(
            operation=self._order.operation,
            dry_run=self._order.dry_run,
            who=self._order.who,
            reason=self._order.reason,
            done=self._counts["done"],
            left=self._counts["left"],
            unknown=self._counts["unknown"],
            untouched=untouched,
            stopped=stopped,
            changes=(),
        )
        head = json.dumps(msgspec.to_builtins(whole), indent=2, ensure_ascii=False)
        click.echo(f"{head.removesuffix(_EMPTY)}{_EMPTY.removesuffix(']' + chr(10) + '}')}", nl=False)
        self._spool.seek(0)
        for number, change in enumerate(self._spool):
            click.echo(f"{',' if number else ''}\n    {change.decode().rstrip()}", nl=False)
        click.echo(f"{chr(10) + '  ' if self._counts else ''}]\n}}")


def _text(document: documents.Change) -> str:
    told = f"{document.result:<8} {line(document.id, _ID)}  {line(document.text, _TEXT)}"
    return commanded(told, "; try: ", line(document.command, _HINT), " " * 9)
