"""Dead jobs written to a file, asked about, and removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from jobqueue_exporter.cli import asking, execution, ids
from jobqueue_exporter.cli.orders import AT_ONCE, counted, ordered, shown
from jobqueue_exporter.cli.rows_file import RowsFile
from jobqueue_exporter.cli.write_options import Given
from jobqueue_exporter.cli.writing import Place, opened
from jobqueue_exporter.engines.operations import Change, Job, Operation
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import State

_TOGETHER = 100


def removed(named: Sequence[str], export: Path | None, given: Given) -> None:
    """Removes the jobs of these ids once they are in a file and a person agrees, and exits with 1 unless all were."""
    chosen = ids.given(named)
    with opened(given["path"], given["name"], Operation.DELETE) as place:
        left: list[Change] = []
        safe: tuple[str, ...] | None = chosen
        if not given["dry_run"]:
            safe = _kept(place, chosen, RowsFile(export), left, yes=given["yes"])
        if safe is None:
            click.echo("nothing was changed", err=True)
            code = 1
        else:
            code = execution.carried_out(
                place,
                ordered(Operation.DELETE, given),
                safe,
                len(chosen),
                AT_ONCE,
                as_json=given["output"] == "json",
                left=tuple(left),
            )
    click.get_current_context().exit(code)


def _kept(
    place: Place, chosen: Sequence[str], file: RowsFile, left: list[Change], *, yes: bool
) -> tuple[str, ...] | None:
    """Those that are in the file, once a person agrees; None without, and then the file goes away again."""
    agreed = False
    if not yes:
        asking.somebody()
    try:
        safe = tuple(_exported(place, chosen, file, left))
        agreed = not safe or _agreed(place, safe, file, yes=yes)
        return safe if agreed else None
    finally:
        if not agreed and file.path is not None:
            file.path.unlink()
            click.echo(f"{file.path} was removed again", err=True)


def _exported(place: Place, chosen: Sequence[str], file: RowsFile, left: list[Change]) -> Iterator[str]:
    """The ids of those that are dead and in the file now; what the others are goes to `left`."""
    for first in range(0, len(chosen), _TOGETHER):
        dead: dict[str, Job] = {}
        for job_id in chosen[first : first + _TOGETHER]:
            detail = place.operator.inspect(job_id)
            refusal = _refusal(job_id, detail.job if detail else None)
            if refusal:
                left.append(refusal)
            elif detail:
                dead[job_id] = detail.job
        if dead:
            file.write(job.row for job in dead.values())
        yield from dead


def _refusal(job_id: str, job: Job | None) -> Change | None:
    """Why a job is left alone; None where it can be removed."""
    if job is None:
        return Change(job_id, False, "there is no such job")
    if job.state is not State.DEAD_LETTER and job.recovery is None:
        return Change(job_id, False, f"it is {job.word}, not dead: left alone", job.state, job.word)
    if not job.row:
        return Change(job_id, False, "its row could not be read whole to export it: left alone", job.state, job.word)
    return None


def _agreed(place: Place, safe: Sequence[str], file: RowsFile, *, yes: bool) -> bool:
    """Whether a person typed the id, or how many they are."""
    click.echo(f"{counted(len(safe))} written to {file.path}", err=True)
    if yes:
        return True
    shown(place, place.operator.look(safe[: asking.SAMPLES]), len(safe))
    one = len(safe) == 1
    expected = line(safe[0], ids.LONGEST) if one else str(len(safe))
    what = f"the id {expected}" if one else f"{expected}, how many they are,"
    return asking.typed(f"Type {what} to remove from source {place.source.name} for good", expected)
