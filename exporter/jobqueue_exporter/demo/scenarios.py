"""What `jobqueue demo --scenario` can show: how the simulated system behaves, and what was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobqueue_exporter.demo.failures import EXPIRED, NO_FFMPEG, Failure

LEASE_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the table holds when the demo opens, so that its first numbers tell the story already.

    `dead` goes by kind; the pending jobs are spread evenly over `pending_seconds`.
    """

    pending: int = 2
    pending_seconds: float = 2.0
    dead: Mapping[str, int] = field(default_factory=lambda: {"TRANSCRIBE": 1, "CLIP_RENDER": 2})
    stuck: int = 0
    silent_workers: int = 0
    silent_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A system that works, or one that is broken in one way.

    Jobs of `broken_kind` always fail with `breakage`. Producers hold back while more than
    `most_waiting` jobs wait. `dies_every_seconds` is how long each worker lives.
    """

    name: str
    story: str
    look_for: tuple[str, ...]
    workers: int = 3
    slots: int = 3
    jobs_per_second: float = 0.8
    most_waiting: int = 2_000
    dies_every_seconds: float | None = None
    recovers_after_seconds: float = 2 * LEASE_SECONDS
    broken_kind: str = ""
    breakage: Failure | None = None
    has_ffmpeg: bool = True
    past: Past = Past()


_ALL = (
    Scenario(
        name="healthy",
        story="Three workers keep up; a few attempts fail and are retried.",
        look_for=(
            "jobqueue_jobs{state=...}: few pending jobs, some running, some scheduled for later",
            'jobqueue_workers{state="live"} 3, jobqueue_worker_slots_busy rising and falling',
            'jobqueue_jobs_finished_total{outcome="completed"} counting up',
        ),
    ),
    Scenario(
        name="no-workers",
        story="Jobs are enqueued, but the last worker went silent twelve minutes ago.",
        look_for=(
            'jobqueue_workers{state="live"} 0',
            "jobqueue_oldest_pending_age_seconds: the highest above 700 and growing",
            "jobqueue_jobs_finished_total standing still",
        ),
        workers=0,
        past=Past(pending=240, pending_seconds=720.0, silent_workers=3, silent_seconds=725.0),
    ),
    Scenario(
        name="stuck",
        story="Workers die in the middle of jobs without releasing them.",
        look_for=(
            "jobqueue_stuck_jobs 5 at once, more with every death",
            "jobqueue_oldest_running_age_seconds growing",
            'jobqueue_workers{state="stale"}: what died',
        ),
        dies_every_seconds=90.0,
        recovers_after_seconds=1_800.0,
        past=Past(stuck=5, silent_workers=2, silent_seconds=240.0),
    ),
    Scenario(
        name="poison",
        story="The credentials of PUBLISH_TIKTOK jobs have expired: all fail and end as dead letters.",
        look_for=(
            'jobqueue_jobs{kind="PUBLISH_TIKTOK",state="dead_letter"} above 100 and growing',
            'jobqueue_dead_letter_jobs{cause="system_error"}: why they died',
            'jobqueue_jobs_finished_total{kind="PUBLISH_TIKTOK"}: only outcome="dead_letter" counts up',
        ),
        broken_kind="PUBLISH_TIKTOK",
        breakage=EXPIRED,
        past=Past(dead={"PUBLISH_TIKTOK": 110, "TRANSCRIBE": 1}),
    ),
    Scenario(
        name="backlog",
        story="Producers are faster than the one worker that is left.",
        look_for=(
            'jobqueue_jobs{state="pending"}: more than 400 in all, and growing',
            "jobqueue_oldest_pending_age_seconds growing, though jobs finish; urgent kinds wait less",
            "jobqueue_worker_slots_busy equal to jobqueue_worker_slots",
        ),
        workers=1,
        jobs_per_second=3.0,
        most_waiting=5_000,
        past=Past(pending=450, pending_seconds=500.0),
    ),
    Scenario(
        name="ffmpeg-missing",
        story="The workers were deployed without ffmpeg, so every CLIP_RENDER job fails.",
        look_for=(
            'jobqueue_binary_available{binary="ffmpeg",where="worker"} 0',
            'jobqueue_jobs{kind="CLIP_RENDER",state="dead_letter"} above 20 and growing',
            'jobqueue_attempts_failed_total{kind="CLIP_RENDER"} counting up',
        ),
        broken_kind="CLIP_RENDER",
        breakage=NO_FFMPEG,
        has_ffmpeg=False,
        past=Past(dead={"CLIP_RENDER": 24}),
    ),
)

SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
