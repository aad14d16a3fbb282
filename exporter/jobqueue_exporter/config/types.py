"""The shape of jobqueue.yml. The JSON Schema for editors is made from these types and their words."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from jobqueue_exporter.model import Cause
from jobqueue_exporter.secret import Secret


class DurationOrZero(float):
    """Seconds, written in YAML as a number of seconds or as in 500ms, 5s, 10m, 2h, 1d."""


class Duration(DurationOrZero):
    """A duration that is more than 0."""


def _seconds(seconds: float) -> Duration:
    """A default; a factory of it, since msgspec cannot write one of our types into a schema."""
    default: Duration = msgspec.field(default_factory=partial(Duration, seconds))
    return default


class EngineName(str):
    """A key of `config.engines.ENGINES`."""

    __slots__ = ()


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping in which every key is known."""


Name = Annotated[str, Meta(title="Name", pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", max_length=63)]
Count = Annotated[int, Meta(ge=1)]
Ratio = Annotated[float, Meta(gt=0, lt=1)]
ColumnName = str | None | UnsetType


class Server(_Strict, frozen=True):
    """How /metrics is served."""

    listen: str = ":10227"
    """Address and port; without an address, all of them."""
    external_url: str | None = None
    """Where people reach this exporter; the links to runbooks in alerts start with it."""
    metrics: Literal["all", "self"] = "all"
    """What /metrics shows: all sources, or (self) only the exporter, which leaves the sources to /probe."""
    reload: bool = False
    """Whether POST /-/reload reads this file again, as SIGHUP always does."""


class Columns(_Strict, frozen=True):
    """Which column says what. Left out: found by its usual names; null: the table has none."""

    id: ColumnName = UNSET
    """What tells jobs apart."""
    queue: ColumnName = UNSET
    """The lane that workers take jobs from; without it, all jobs are one queue named after the table."""
    kind: ColumnName = UNSET
    """The type of a job."""
    state: ColumnName = UNSET
    """Where the job is; `states` says what its values mean."""
    attempts: ColumnName = UNSET
    """How often the job was tried."""
    max_attempts: ColumnName = UNSET
    """How often it may be tried."""
    run_at: ColumnName = UNSET
    """When the job is due."""
    created_at: ColumnName = UNSET
    """When the job was enqueued."""
    started_at: ColumnName = UNSET
    """When a worker claimed it."""
    finished_at: ColumnName = UNSET
    """When it ended; written once, never touched by heartbeats."""
    updated_at: ColumnName = UNSET
    """When the row last changed."""
    heartbeat_at: ColumnName = UNSET
    """When its worker last said that it is alive."""
    worker: ColumnName = UNSET
    """Which worker holds it."""
    error: ColumnName = UNSET
    """Why it failed, as text or JSON."""


class States(_Strict, frozen=True):
    """Which values of the state column mean what. A value has one meaning."""

    waiting: tuple[str, ...] = ()
    """May be claimed once due."""
    running: tuple[str, ...] = ()
    """Claimed by a worker."""
    retry: tuple[str, ...] = ()
    """Failed, and will be tried again."""
    blocked: tuple[str, ...] = ()
    """Waits for something other than time."""
    dead_letter: tuple[str, ...] = ()
    """Failed for good and kept for a person."""
    finished: tuple[str, ...] = ()
    """Done. Such rows are never counted."""
    discarded: tuple[str, ...] = ()
    """Failed for good, and nobody will look at it."""
    cancelled: tuple[str, ...] = ()
    """Called off."""


class Events(_Strict, frozen=True):
    """An append-only table of what happened to each job, and the words it uses."""

    table: str
    """Its name, as in SQL: job_events, or public.job_events."""
    job_id: str = "job_id"
    """The column that names the job."""
    stage: str = "stage"
    """The column that says what happened."""
    created_at: str = "created_at"
    """The column that says when."""
    enqueued: tuple[str, ...] = ("enqueued", "created")
    """Words for: it was enqueued."""
    started: tuple[str, ...] = ("claimed", "started")
    """Words for: a worker claimed it."""
    completed: tuple[str, ...] = ("finished", "completed", "succeeded")
    """Words for: it is done."""
    failed: tuple[str, ...] = ("failed", "error")
    """Words for: an attempt failed."""
    dead_letter: tuple[str, ...] = ("dead_letter", "dead_lettered")
    """Words for: it failed for good and is kept for a person."""
    discarded: tuple[str, ...] = ("discarded",)
    """Words for: it failed for good and is gone."""
    cancelled: tuple[str, ...] = ("cancelled", "canceled")
    """Words for: it was called off."""


class Heartbeats(_Strict, frozen=True):
    """A table with a row for each worker process; `jobqueue sql heartbeats` prints its DDL."""

    table: str
    """Its name, as in SQL."""
    forget: Duration = _seconds(3600)
    """How long a silent worker is counted as stale before it is forgotten."""


class DeadLetterTable(_Strict, frozen=True):
    """Dead jobs kept in a table of their own, and the words of its status column."""

    table: str
    """Its name, as in SQL."""
    id: str = "id"
    """The column that tells them apart."""
    queue: str | None = None
    """The column of the queue; null: there is none."""
    kind: str | None = None
    """The column of the kind; null: there is none."""
    status: str = "status"
    """The column that says how far its recovery is."""
    attempts: str | None = None
    """The column of the attempts; null: there is none."""
    error: str | None = None
    """The column that says why it failed; null: there is none."""
    created_at: str = "created_at"
    """The column that says since when it is dead."""
    pending: tuple[str, ...] = ("pending",)
    """Words for: it waits for a person."""
    retry_scheduled: tuple[str, ...] = ("retry_scheduled",)
    """Words for: it will be tried again."""
    recovered: tuple[str, ...] = ("processed", "recovered")
    """Words for: it was recovered."""
    abandoned: tuple[str, ...] = ("abandoned",)
    """Words for: a person gave it up."""


class CauseRule(_Strict, frozen=True):
    """A regular expression over the error text, and what a match means; the first match wins."""

    match: str
    """A regular expression of Python, looked for anywhere in the text."""
    cause: Cause
    """What a match means."""


class BullMQ(_Strict, frozen=True):
    """Which queues of BullMQ are read; it keeps no list of them."""

    prefix: str = "bull"
    """What the keys of all its queues start with."""
    queues: tuple[str, ...] = ()
    """The names of the queues; left out: those that connected workers take from, and what `scan` finds."""
    scan: bool = False
    """Whether to look through all keys of the database for queues, now and then and in small steps."""
    dead_letter_suffix: str = "-dlq"
    """A queue named so after another holds the dead jobs of that one; empty: there are none."""


class Http(_Strict, frozen=True):
    """How an HTTP API is asked."""

    headers: dict[str, Secret] = {}
    """Headers to send, such as Authorization."""
    ca_file: str | None = None
    """A file of CA certificates to trust instead of the usual ones; relative to the working directory."""


class Source(_Strict, frozen=True):
    """One place where jobs are kept: `dsn` or `dsn_file` says where."""

    name: Name
    """The value of the label `source`."""
    dsn: Secret = msgspec.field(default_factory=Secret)
    """Where: a postgresql:// URL or the keyword form of libpq, a redis:// or rediss:// URL, or an http(s):// URL."""
    dsn_file: str | None = None
    """A file that holds the connection string, instead of `dsn`; relative to the configuration file."""
    write_dsn: Secret = msgspec.field(default_factory=Secret)
    """The same for commands that change jobs, so that readings need no right to; left out: `dsn`."""
    engine: EngineName | None = None
    """How jobs are kept there; left out: detected."""
    schema: str | None = None
    """The schema of Postgres that holds the engine's tables; left out: found."""
    bullmq: BullMQ = BullMQ()
    """Which queues of BullMQ are read."""
    http: Http = Http()
    """How an HTTP API is asked, and what its answers mean."""
    table: str | None = None
    """The jobs table, as in SQL: jobs, public.jobs or "Job"; left out: detected."""
    columns: Columns = Columns()
    """Which column says what; only where a name is unusual."""
    states: States | None = None
    """Which values of the state column mean what; left out: by their usual meaning."""
    events: Events | Literal[False] | None = None
    """The table of events; left out: detected; false: not read."""
    heartbeats: Heartbeats | Literal[False] | None = None
    """The table of workers; left out: detected; false: not read."""
    dead_letters: DeadLetterTable | Literal[False] | None = None
    """A separate table of dead jobs; left out: detected; false: not read."""
    binaries: tuple[str, ...] = ()
    """Programs that its jobs need, such as ffmpeg."""
    check_binaries_here: bool = False
    """Whether to look for them on the exporter's own host too."""
    causes: tuple[CauseRule, ...] = ()
    """Why jobs die, by their error texts; these rules come before the built-in ones."""
    timeout: Duration = _seconds(5)
    """How long a reading may take."""
    max_age: DurationOrZero = _seconds(0.5)
    """How long a finished reading answers further requests; 0: not at all."""
    lease: Duration = _seconds(60)
    """After how long without a heartbeat a running job is stuck and a worker stale."""
    late_commit: Duration = _seconds(300)
    """How far back events are counted again, since a long transaction commits late."""
    budget: Ratio = 0.01
    """The part of the time that core readings may cost before a metric says so."""
    count_cap: Count = 100_000
    """Where counting the jobs of one state stops."""
    max_lanes: Count = 200
    """How many lanes (queue and kind) keep their own names; the rest are counted as `_other`."""
    forget_lanes: Duration = _seconds(86_400)
    """How long an empty lane is still shown."""


class Match(_Strict, frozen=True):
    """Which lanes a rule is for; each value may hold * and ?."""

    source: str = "*"
    """The name of the source."""
    queue: str = "*"
    """The queue."""
    kind: str = "*"
    """The kind."""


class QueueRule(_Strict, frozen=True):
    """What is wanted of the lanes that match; for each lane the first match wins."""

    match: Match
    """Which lanes."""
    owner: str = ""
    """Who answers for them; the label `owner`."""
    wait_objective: Duration = _seconds(300)
    """How long a job may wait once it is due."""
    success_objective: Ratio = 0.99
    """The part of the jobs that should not fail."""
    max_runtime: Duration = _seconds(3600)
    """How long a job may run."""
    page: bool = True
    """Whether alerts of these lanes may page; else they are tickets."""
    no_loss: bool = False
    """Whether a single dead letter pages."""


class Health(_Strict, frozen=True):
    """Where the health verdict draws its lines."""

    dead_letters: Count = 100
    """From how many dead letters on a source is not ok."""
    backlog: Count = 100
    """More pending jobs than this in one queue are a warning."""


class Config(_Strict, frozen=True):
    """The configuration of jobqueue-exporter."""

    sources: Annotated[tuple[Source, ...], Meta(min_length=1)]
    """The places to read."""
    server: Server = Server()
    """How /metrics is served."""
    queues: tuple[QueueRule, ...] = ()
    """What is wanted of queues and kinds; the first match wins."""
    health: Health = Health()
    """Where the health verdict draws its lines."""
