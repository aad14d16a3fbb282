"""What became of the jobs that were to be changed: line by line as it happens, or as one JSON document."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from jobqueue_exporter.cli.console import commanded, wrapped
from jobqueue_exporter.cli.documents import jobs as documents
from jobqueue_exporter.cli.writing import Place
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.masking import line, masked
from jobqueue_exporter.operate import meaning
from jobqueue_exporter.operate.given_back import Again

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
    """Tells of the changes of one order on `total` jobs. Memory stays the same however many they are.

    Of those that went well, `most` are told one by one. When stdout cannot be written any more, the end of it is
    told on stderr.
    """

    def __init__(self, place: Place, order: Order, total: int, *, as_json: bool, most: int | None = None) -> None:
        self._place = place
        self._order = order
        self._total = total
        self._json = as_json
        self._most = _DONE_LINES if most is None else most
        self._counts: Counter[str] = Counter()
        self._last = ""
        self._again: Again | None = None
        self.closed = ""
        """Why stdout cannot be written any more; empty while it can."""
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
            elif document.result not in ("done", "would") or self._counts[document.result] <= self._most:
                self._say(_text(document))

    def looked(self, again: Again) -> None:
        """Tells, at the end, how many are dead again."""
        self._again = again

    def end(self, stopped: str, untouched_ids: Sequence[str]) -> int:
        """Tells how many there were of each, and what to do next; the exit code.

        `stopped`: why it ended early. `untouched_ids`: those that were not tried, or the first of them.
        """
        counts = self._counts
        good = counts["would"] if self._order.dry_run else counts["done"]
        untouched = self._total - counts.total()
        if self._json:
            self._write(stopped, untouched, untouched_ids if untouched else ())
        elif good > self._most:
            self._say(f"… and {good - self._most:,} more")
        self._spool.close()
        if not self._json:
            for text in self._ending(stopped, good, untouched, untouched_ids):
                self._say(text)
        if self.closed:
            for text in self._ending(stopped, good, untouched, untouched_ids):
                click.echo(text, err=True)
        if self.closed or (self._again is not None and self._again.dead):
            return 1
        return 0 if good == self._total or (self._order.dry_run and not untouched) else 1

    def _ending(self, stopped: str, good: int, untouched: int, ids: Sequence[str]) -> Iterator[str]:
        why = stopped or (self.closed if untouched else "")
        if why:
            yield wrapped(f"stopped: {line(why, _TEXT)}", _BENEATH)
        elif self.closed:
            yield self.closed
        if untouched and ids:
            yield f"untouched: from {line(ids[0], _ID)} on"
        if self._again is not None and self._again.dead:
            yield f"of the jobs given back, {self._again}"
        yield self._sentence(good, untouched)

    def _say(self, text: str, *, nl: bool = True) -> None:
        """On stdout, unless it was found closed."""
        if self.closed:
            return
        # As sys.stdout is now: a bar that is drawn puts itself in its place, and click would go past it.
        try:
            click.echo(text, file=sys.stdout, nl=nl)
        except OSError as error:
            self._close(error)

    def _close(self, error: OSError) -> None:
        gone = isinstance(error, BrokenPipeError)
        self.closed = "stdout was closed" if gone else f"stdout cannot be written: {error.strerror or error}"
        # What is left in its buffer would fail once more when the interpreter ends.
        with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())

    def _sentence(self, good: int, untouched: int) -> str:
        operation, counts = self._order.operation, self._counts
        rest = f"{counts['unknown']:,} unknown, {untouched:,} untouched"
        if self._order.dry_run:
            would = f"{good:,} would be done, {counts['left']:,} would be left alone"
            return wrapped(f"{operation}: {would}, {rest}; this was a dry run, nothing was changed", _BENEATH)
        next_command = _AFTERWARDS[operation]
        gone = operation is Operation.DELETE or bool(self._place.forgets(operation))
        if self._total == 1 and not gone:
            next_command = meaning.command("jobs status", self._last) if self._last else next_command
        sentence = f"{operation}: {good:,} done, {counts['left']:,} left alone, {rest}"
        return commanded(f"{sentence}.", " To verify: ", self._place.command(next_command), _BENEATH)

    def _document(self, change: Change, elsewhere: str) -> documents.Change:
        good = "would" if self._order.dry_run else "done"
        text, command = change.text, ""
        if elsewhere:
            text = f"source {self._place.source.name} has no such job, but source {elsewhere} has one of this id"
            words = meaning.command(meaning.COMMANDS[self._order.operation], change.id)
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

    def _write(self, stopped: str, untouched: int, untouched_ids: Sequence[str]) -> None:
        """The document: all but its changes is known, and those are copied one by one."""
        whole = documents.Changes(
            operation=self._order.operation,
            dry_run=self._order.dry_run,
            who=self._order.who,
            reason=self._order.reason,
            done=self._counts["done"],
            would=self._counts["would"],
            left=self._counts["left"],
            unknown=self._counts["unknown"],
            untouched=untouched,
            untouched_ids=tuple(untouched_ids),
            looked_at=None if self._again is None else self._again.looked_at,
            dead_again=None if self._again is None else self._again.dead,
            stopped=stopped,
            changes=(),
        )
        head = json.dumps(msgspec.to_builtins(whole), indent=2, ensure_ascii=False)
        self._say(f"{head.removesuffix(_EMPTY)}{_EMPTY.removesuffix(']' + chr(10) + '}')}", nl=False)
        self._spool.seek(0)
        for number, change in enumerate(self._spool):
            self._say(f"{',' if number else ''}\n    {change.decode().rstrip()}", nl=False)
        self._say(f"{chr(10) + '  ' if self._counts else ''}]\n}}")


def _text(document: documents.Change) -> str:
    told = f"{document.result:<8} {line(document.id, _ID)}  {line(document.text, _TEXT)}"
    return commanded(told, "; try: ", line(document.command, _HINT), " " * 9)
