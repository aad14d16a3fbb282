"""What is wrong with the workers of a source, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.cli.documents.stats import Lane, Source
from jobqueue_exporter.cli.documents.workers import Problem
from jobqueue_exporter.cli.next_command import Commands
from jobqueue_exporter.durations import human
from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.masking import line
from jobqueue_exporter.operate import reach

_NAME = 80
_START = (
    "Kubernetes: kubectl get deployment,pod; scaled to zero: kubectl scale deployment NAME --replicas=2",
    "Docker: docker ps --all; docker logs --tail 50 NAME; docker start NAME",
    "systemd: systemctl status NAME; journalctl -u NAME -n 50; systemctl restart NAME",
    "They start and end again: look for missing environment variables, a refused database, out of memory.",
)


def problems(one: Source, commands: Commands) -> Iterator[Problem]:
    """The gravest first; nothing when all is well. `commands` are those about the source; only those are advised
    that its engine is within reach of."""
    if not one.up:
        yield Problem(name="unreadable", text=one.checks[0].message, steps=(commands.pasted("doctor"),))
        return
    late = [lane for lane in one.lanes if lane.late]
    checks = {check.name: check for check in one.checks}
    if checks["worker"].status == "failed":
        yield Problem(name="none", text=checks["worker"].message, steps=_START)
    yield from _missing(one, commands)
    yield from _stale(one, commands)
    if one.workers is not None and one.workers.live:
        yield from _idle(one, late, commands)
    yield from _paused(one)
    if one.workers is None and checks["worker"].status != "failed":
        yield _untold(one, commands)


def _missing(one: Source, commands: Commands) -> Iterator[Problem]:
    names = [each.name for each in one.binaries if each.required and each.available is False]
    for name in dict.fromkeys(names):
        yield Problem(
            name="missing binary",
            text=f"{name} is missing where the workers run: jobs that need it fail.",
            steps=(
                f"On a worker's host, as its user: command -v {name} && {name} -version",
                "Put it back into the image, or on PATH and executable; deploy; restart the workers.",
                *_listed(one, f"{commands.pasted('workers list')} shows which of them miss it."),
            ),
        )


def _stale(one: Source, commands: Commands) -> Iterator[Problem]:
    stale, stuck = one.workers.stale if one.workers else 0, one.jobs.stuck or 0
    if not stale and not stuck:
        return
    beat = one.workers.newest_heartbeat_age_seconds if one.workers else None
    newest = f" The newest heartbeat of all is {human(beat)} old." if beat is not None else ""
    held = f" {_many(stuck, 'running job')} stuck with no sign of life." if stuck else ""
    given_back = stuck and Operation.RECLAIM in reach.of(one.engine).offers
    yield Problem(
        name="stale",
        text=f"{_many(stale, 'worker')} stale: gone without a word, hung, or cut off from the database.{newest}{held}",
        steps=(
            *_listed(one, f"{commands.pasted('workers list')} names them."),
            "Look at the logs of each: crashed, out of memory, hung?",
            "Restart those that still run.",
            *([f"{commands.pasted('jobs reclaim --dry-run')} gives the stuck jobs to others."] if given_back else []),
        ),
    )


def _idle(one: Source, late: list[Lane], commands: Commands) -> Iterator[Problem]:
    """Workers are live, and yet jobs wait past their objective."""
    workers = one.workers
    assert workers is not None, "asked of live workers only"
    by_queue = workers.by_queue or {}
    # A worker that names no queue may take from any of them.
    all_told = workers.by_queue is not None and sum(by_queue.values()) >= workers.live
    unserved = sorted({lane.queue for lane in late if all_told and not by_queue.get(lane.queue)})
    for queue in unserved:
        yield Problem(
            name="unserved",
            text=f"Jobs wait in queue {line(queue, _NAME)}, and no live worker is known to take from it.",
            steps=("Start a worker for it, or add it to the queues of one: see the worker's configuration.",),
        )
    served = [lane for lane in late if lane.queue not in unserved]
    if not served:
        return
    if workers.slots is not None and workers.busy is not None and workers.busy >= workers.slots:
        yield Problem(
            name="full",
            text=f"All {workers.slots} slots are busy, and {_waits(served[0])}.",
            steps=(
                "Add workers or slots, if database and machines bear it.",
                "Make fewer jobs until it has caught up.",
            ),
        )
    else:
        yield _not_claiming(one, served[0], commands)


def _not_claiming(one: Source, lane: Lane, commands: Commands) -> Problem:
    assert one.workers is not None, "asked of live workers only"
    free = ""
    if one.workers.slots is not None and one.workers.busy is not None:
        free = f" with {one.workers.slots - one.workers.busy} of {one.workers.slots} slots free"
    return Problem(
        name="not claiming",
        text=f"{_many(one.workers.live, 'worker')} live{free}, and yet {_waits(lane)}.",
        steps=(
            *_listed(
                one, f"{commands.pasted('jobs list --state pending')} shows what waits: kinds that no worker handles?"
            ),
            "Look at a worker's log for errors while claiming: rights, locks, a changed schema, wrong environment.",
            "Compare the clocks: workers that lag behind the database find nothing due.",
            "Restart one worker, and see whether it claims.",
        ),
    )


def _paused(one: Source) -> Iterator[Problem]:
    for queue in sorted({lane.queue for lane in one.lanes if lane.paused and lane.jobs.pending}):
        text = f"Queue {line(queue, _NAME)} is paused: its jobs wait until somebody resumes it."
        yield Problem(name="paused", text=text, steps=("Resume it once the reason for the pause is gone.",))


def _untold(one: Source, commands: Commands) -> Problem:
    if reach.of(one.engine).sql:
        step = f"{commands.pasted('sql heartbeats')} prints a table that workers write to; then idle ones are seen too."
    else:
        step = "Look at the workers where they run: from here they are not seen."
    return Problem(
        name="cannot tell",
        text="How many workers there are cannot be told: idle workers leave no trace in this source.",
        steps=(step,),
    )


def _listed(one: Source, step: str) -> Iterator[str]:
    """The step, where jobs and workers of the source can be listed."""
    if reach.of(one.engine).jobs:
        yield step


def _waits(lane: Lane) -> str:
    name = line(f"{lane.queue}/{lane.kind}" if lane.kind else lane.queue, _NAME)
    waited = human(lane.jobs.oldest_pending_seconds or 0)
    return f"in {name} the oldest job has waited {waited} (objective {human(lane.objective_seconds)})"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun} is" if count == 1 else f"{count:,} {noun}s are"
