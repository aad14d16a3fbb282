"""All of one job, as text and as a document."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import console
from jobqueue_exporter.cli.next_command import shown
from jobqueue_exporter.cli.times import absolute, both
from jobqueue_exporter.masking import block, hidden, line, masked

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents import jobs
    from jobqueue_exporter.cli.operators import Opened
    from jobqueue_exporter.engines.operations import Detail, Event, Job

_EVENTS = 20
_PAYLOAD = 2_000
_ERROR = 10_000
_WORD = 200
_EVENT = 500
_INDENT = "  "
# Longer payloads are not laid out: that would take longer than reading them.
_LAID_OUT = 100_000


def show(job_id: str, path: Path | None, names: Sequence[str], *, full: bool, output: str) -> None:
    """Shows the job of this id in whichever of the sources has it. Raises JobQueueError where none has."""
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.cli.operators import operators
    from jobqueue_exporter.config.load import load

    with operators(load(path, os.environ), names, path) as opened:
        one, detail = opened.found(job_id)
        if output == "json":
            write.document(document(one, detail, full=full))
        else:
            tell(one, detail, full=full)


def document(one: Opened, detail: Detail, *, full: bool) -> jobs.Detail:
    """The job as JSON has it."""
    from jobqueue_exporter.cli.documents import jobs

    meaning = one.meaning(detail)
    return jobs.Detail(
        job=jobs.job(one.name, detail.job, error(detail.job.error, full=full)),
        at=absolute(detail.now) or "",
        meaning=jobs.Meaning(
            word=meaning.word,
            text=meaning.text,
            commands=tuple(map(one.commands.pasted, meaning.commands)),
        ),
        payload=_payload(detail.payload, full=full),
        events=None if detail.events is None else tuple(_event(event, full) for event in detail.events[-_EVENTS:]),
        more_events=max(len(detail.events or ()) - _EVENTS, 0),
        more={name: _value(name, value, full=full) for name, value in detail.more.items()},
    )


def tell(one: Opened, detail: Detail, *, full: bool) -> None:
    """The job on stdout, for people."""
    meaning = one.meaning(detail)
    console.heading(f"job {line(detail.job.id, _WORD)}")
    console.facts([*_facts(one, detail), ("means", f"{meaning.word}: {line(meaning.text, _ERROR)}")], prose=True)
    _titled("error", _wrapped(error(detail.job.error, full=full)))
    _titled("payload", _payload(detail.payload, full=full))
    _events(detail, full)
    _more(detail, full)
    _titled("next", "\n".join(dict.fromkeys(shown(one.commands.pasted(each)) for each in meaning.commands)))


def error(text: str, *, full: bool) -> str:
    """The error as it may be shown: masked and cut, or with `full` as it is, but for what is not printable."""
    return block(text, len(text)) if full else block(masked(text), _ERROR)


def _facts(one: Opened, detail: Detail) -> Iterator[tuple[str, str]]:
    job, now = detail.job, detail.now
    yield "source", one.named or ""
    yield "state", _state(job)
    yield "recovery", job.recovery or ""
    yield "queue", line(job.lane.queue, _WORD)
    yield "kind", line(job.lane.kind, _WORD)
    yield "attempts", attempts(job)
    yield "cause", job.cause or ""
    yield "held by" if job.state == "running" else "worker", line(job.worker, _WORD)
    yield "stuck", "" if job.stuck is None else "yes: its worker is lost" if job.stuck else "no"
    yield "created", both(job.created_at, now)
    yield "due", both(job.due_at, now)
    yield "started", both(job.started_at, now)
    yield "last heartbeat", both(job.heartbeat_at, now)
    yield "ended", both(job.ended_at, now)
    yield "updated", both(job.updated_at, now)


def attempts(job: Job) -> str:
    """As `3/5`; empty where it is not known."""
    if job.attempts is None:
        return ""
    return f"{job.attempts}" if job.max_attempts is None else f"{job.attempts}/{job.max_attempts}"


def _state(job: Job) -> str:
    word = line(job.word, _WORD)
    if job.state is None:
        return word
    return job.state if word in (job.state, "") else f"{job.state} (its engine says: {word})"


def _payload(text: str, *, full: bool) -> str:
    shown = text if full else masked(text)
    if len(shown) <= _LAID_OUT:
        with contextlib.suppress(ValueError, RecursionError):
            shown = json.dumps(json.loads(shown), indent=2, ensure_ascii=False)
    return block(shown, len(shown) if full else _PAYLOAD)


def _event(event: Event, full: bool) -> jobs.Event:
    from jobqueue_exporter.cli.documents import jobs

    text = line(event.text, len(event.text) + 1) if full else line(masked(event.text), _EVENT)
    return jobs.Event(at=absolute(event.at) or "", what=line(event.what, _WORD), text=text)


def _events(detail: Detail, full: bool) -> None:
    shown = (detail.events or ())[-_EVENTS:]
    if not shown:
        return
    click.echo()
    left = len(detail.events or ()) - len(shown)
    console.heading("events" if not left else f"events, the last {len(shown)} of {left + len(shown)}")
    told = ((event.at, _event(event, full)) for event in shown)
    pairs = ((both(at, detail.now), f"{event.what} {event.text}".rstrip()) for at, event in told)
    console.facts(pairs, prose=True)


def _value(name: str, value: str, *, full: bool) -> str:
    return block(value, len(value)) if full else block(hidden(name, value), _EVENT)


def _more(detail: Detail, full: bool) -> None:
    if not detail.more:
        return
    click.echo()
    console.heading("more")
    pairs = ((line(name, _WORD), _told(name, value, detail, full=full)) for name, value in detail.more.items())
    console.facts(pairs, prose=True)


def _told(name: str, value: str, detail: Detail, *, full: bool) -> str:
    """In one line; of a JSON object its members, but for texts that the error has said."""
    if not full and value.startswith("{") and len(value) <= _LAID_OUT:
        with contextlib.suppress(ValueError, RecursionError):
            members = json.loads(hidden(name, value))
            said = masked(detail.job.error)
            new = {key: each for key, each in members.items() if not (isinstance(each, str) and each in said)}
            value = ", ".join(f"{key} {_written(each)}" for key, each in new.items())
    shown = value if full else hidden(name, value)
    return line(shown, len(value) + 1 if full else _EVENT)


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _wrapped(text: str) -> str:
    return "\n".join(console.wrapped(each, beside=len(_INDENT)) for each in text.split("\n"))


def _titled(title: str, text: str) -> None:
    if text:
        click.echo()
        console.heading(title)
        for each in text.split("\n"):
            click.echo(f"{_INDENT}{each}")
