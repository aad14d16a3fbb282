"""What the API answers. What is null cannot be told."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from jobqueue_exporter import model
from jobqueue_exporter.web.api import shapes

Moment = Annotated[float | None, Meta(description="Unix seconds.")]
Snapshot = shapes.of(model.Snapshot)


class Error(Struct, frozen=True, kw_only=True):
    """Why there is no other answer, and what to do about it."""

    error: str


class Alive(Struct, frozen=True, kw_only=True):
    """The exporter answers."""

    ok: bool


class Check(Struct, frozen=True, kw_only=True):
    """One thing that was looked at, at its worst over the sources."""

    ok: Annotated[
        bool,
        Meta(
            description="Whether it has not failed. A warning is no failure, nor what a source can never tell; that a "
            "source is down is one."
        ),
    ]
    message: Annotated[str, Meta(description="What was found, behind the name of its source where there are several.")]


class Checks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was looked at."""

    db: Annotated[Check, Meta(description="Whether the source can be read in time.")]
    worker: Annotated[Check, Meta(description="Whether somebody works on what waits.")]
    queue: Annotated[Check, Meta(description="Whether jobs wait longer than their objective.")]
    dlq: Annotated[Check, Meta(description="Whether too many jobs are dead.")]
    readiness: Annotated[
        Check | UnsetType, Meta(description="What the system around the jobs says of itself, where one is asked.")
    ] = UNSET


class Queue(Struct, frozen=True, kw_only=True):
    """What waits, without paused queues."""

    length: Annotated[int | None, Meta(description="How many jobs could be claimed now.")]
    oldestJobAge: Annotated[  # noqa: N815 - the name that health endpoints of this form have
        float | None,
        Meta(description="For how many seconds the oldest of them could have been; null also when there is none."),
    ]
    warning: Annotated[bool, Meta(description="Whether the check of the queue found something.")]


class Ready(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The verdict on a source, or the worst on all; all but `ok` only with `detail=1`."""

    ok: Annotated[bool, Meta(description="Whether no check has failed.")]
    timestamp: Annotated[str | UnsetType, Meta(description="When it was answered, in RFC 3339.")] = UNSET
    checks: Checks | UnsetType = UNSET
    queue: Queue | UnsetType = UNSET
    ffmpeg: Annotated[
        Check | UnsetType, Meta(description="Whether the programs that the configuration requires are there.")
    ] = UNSET


class Snapshots(Struct, frozen=True, kw_only=True):
    """A reading of each source."""

    sources: list[Snapshot]  # type: ignore[valid-type]  # made from the model


class RecoveryStats(Struct, frozen=True, kw_only=True):
    """How far dead jobs are on their way back; all null where nothing of it is kept."""

    total_in_recovery: Annotated[int | None, Meta(description="All that are told, in whatever state.")]
    pending_recovery: int | None
    recovered: int | None
    abandoned: int | None


class DeadLetterStats(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The dead jobs of a source, or of all that can tell of theirs together."""

    total_failed: Annotated[int | None, Meta(description="Jobs that will not run again unless a person acts.")]
    at_least: Annotated[bool, Meta(description="Whether counting stopped at the `count_cap` of a source.")]
    permanent_failures: Annotated[
        int | None, Meta(description="The same number: what will be tried again is not counted in the first place.")
    ]
    last_24h: Annotated[int | None, Meta(description="How many of them died in the last 24 hours.")]
    avg_retries: Annotated[
        float | None, Meta(description="How often they were tried, of the newest 1,000; null also when none is dead.")
    ]
    recovery: RecoveryStats
    error: Annotated[
        str | UnsetType, Meta(description="Why something of a source cannot be told, or all; never of a sum.")
    ] = UNSET


class DlqStats(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The dead letter queue in numbers."""

    dlq: DeadLetterStats
    sources: Annotated[
        dict[str, DeadLetterStats] | UnsetType, Meta(description="Each by its name, where several were asked for.")
    ] = UNSET


class Failure(Struct, frozen=True, kw_only=True):
    """A dead job."""

    job_id: str
    source: str
    queue: str
    kind: str
    site_name: Annotated[str, Meta(description="Its kind, or its queue where it has no kind.")]
    error_message: Annotated[str, Meta(description="One line, cut, with secrets and personal data masked.")]
    retry_count: Annotated[int | None, Meta(description="How often it was tried.")]
    created_at: Moment
    completed_at: Annotated[float | None, Meta(description="When it died, in Unix seconds.")]


class Failures(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The newest dead jobs."""

    failures: Annotated[list[Failure], Meta(description="The newest first; empty for clients that are not known.")]
    count: Annotated[
        int | None,
        Meta(
            description=(
                "How many are listed; for clients that are not known, how many of that limit there are. Null where a "
                "source is missing, or none can tell."
            )
        ),
    ]
    errors: Annotated[
        dict[str, str] | UnsetType, Meta(description="Why sources are missing, by their names; not there if none is.")
    ] = UNSET
    read_at: Annotated[float | UnsetType, Meta(description="When the oldest of it was read, in Unix seconds.")] = UNSET
    note: Annotated[str | UnsetType, Meta(description="What is not listed, and how to see it.")] = UNSET


class Description(Struct, frozen=True, kw_only=True):
    """An OpenAPI description."""

    openapi: str
    info: dict[str, object]
    servers: list[dict[str, object]]
    security: list[dict[str, list[str]]]
    paths: dict[str, object]
    components: dict[str, object]
