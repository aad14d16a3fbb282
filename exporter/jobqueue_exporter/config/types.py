"""The shape of jobqueue.yml. The JSON Schema for editors is made from these types and their words."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from jobqueue_exporter.config.alert_types import (
    AlertChange,
    AlertMatch,
    AlertOverride,
    AlertRule,
    Alerts,
    Links,
    Owner,
)
from jobqueue_exporter.config.basics import Count, Duration, DurationOrZero, EngineName, Name, Ratio, Strict, seconds
from jobqueue_exporter.config.http_types import Http
from jobqueue_exporter.config.redis_types import BullMQ
from jobqueue_exporter.config.table_types import Columns, DeadLetterTable, Events, Heartbeats, States
from jobqueue_exporter.model import Cause
from jobqueue_exporter.secret import Secret

__all__ = [
    "AlertChange",
    "AlertMatch",
    "AlertOverride",
    "AlertRule",
    "Alerts",
    "BullMQ",
    "CauseRule",
    "Columns",
    "Config",
    "DeadLetterTable",
    "Duration",
    "DurationOrZero",
    "EngineName",
    "Events",
    "Health",
    "Heartbeats",
    "Http",
    "Links",
    "Match",
    "Owner",
    "QueueRule",
    "Server",
    "Source",
    "States",
]


class CauseRule(Strict, frozen=True):
    """A regular expression over the error text, and what a match means; the first match wins."""

    match: str
    """A regular expression of Python, looked for anywhere in the text."""
    cause: Cause
    """What a match means."""


class Source(Strict, frozen=True):
    """One place where jobs are kept: `dsn` or `dsn_file` says where."""

    name: Name
    """The value of the label `source`."""
    dsn: Secret = msgspec.field(default_factory=Secret)
    """Where: a postgresql:// URL or the keyword form of libpq, a redis:// or rediss:// URL, or an http(s):// URL."""
    dsn_file: str | None = None
    """A file that holds the connection string, instead of `dsn`; relative to the configuration file."""
    write_dsn: Secret | None = None
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
    timeout: Duration = seconds(5)
    """How long a reading may take."""
    max_age: DurationOrZero = seconds(0.5)
    """How long a finished reading answers further requests; 0: not at all."""
    lease: Duration = seconds(60)
    """After how long without a heartbeat a running job is stuck and a worker stale."""
    late_commit: Duration = seconds(300)
    """How far back events are counted again, since a long transaction commits late."""
    budget: Ratio = 0.01
    """The part of the time that core readings may cost before a metric says so."""
    count_cap: Count = 100_000
    """Where counting the jobs of one state stops."""
    max_lanes: Count = 200
    """How many lanes (queue and kind) keep their own names; the rest are counted as `_other`."""
    forget_lanes: Duration = seconds(86_400)
    """How long an empty lane is still shown."""


class Server(Strict, frozen=True):
    """How /metrics is served."""

    listen: str = ":10227"
    """Address and port; without an address, all of them."""
    external_url: str | None = None
    """Where people reach this exporter; the links to runbooks in alerts start with it."""
    metrics: Literal["all", "self"] = "all"
    """What /metrics shows: all sources, or (self) only the exporter, which leaves the sources to /probe."""
    reload: bool = False
    """Whether POST /-/reload reads this file again, as SIGHUP always does."""


class Match(Strict, frozen=True):
    """Which lanes a rule is for; each value may hold * and ?."""

    source: str = "*"
    """The name of the source."""
    queue: str = "*"
    """The queue."""
    kind: str = "*"
    """The kind."""


class QueueRule(Strict, frozen=True):
    """What is wanted of the lanes that match; for each lane the first match wins."""

    match: Match
    """Which lanes."""
    owner: str = ""
    """Who answers for them; the label `owner`."""
    wait_objective: Duration = seconds(300)
    """How long a job may wait once it is due."""
    success_objective: Ratio = 0.99
    """The part of the jobs that should not fail."""
    max_runtime: Duration = seconds(3600)
    """How long a job may run."""
    page: bool = True
    """Whether alerts of these lanes may page; else they are tickets."""
    no_loss: bool = False
    """Whether a single dead letter pages."""


class Health(Strict, frozen=True):
    """Where the health verdict draws its lines."""

    dead_letters: Count = 100
    """From how many dead letters on a source is not ok."""
    backlog: Count = 100
    """More pending jobs than this in one queue are a warning."""


class Config(Strict, frozen=True):
    """The configuration of jobqueue-exporter."""

    sources: Annotated[tuple[Source, ...], Meta(min_length=1)]
    """The places to read."""
    server: Server = Server()
    """How /metrics is served."""
    queues: tuple[QueueRule, ...] = ()
    """What is wanted of queues and kinds; the first match wins."""
    health: Health = Health()
    """Where the health verdict draws its lines."""
    alerts: Alerts = Alerts()
    """How alerts are rendered, and what differs from their specs."""
    owners: dict[str, Owner] = msgspec.field(default_factory=dict)
    """Those who answer for queues, by the name that `queues` gives them."""
    links: Links = Links()
    """Where people find things, for links in alerts and on pages."""
