"""What jobqueue.yml may say of an HTTP API."""

from __future__ import annotations

from typing import Literal

import msgspec

from jobqueue_exporter.config.basics import DurationOrZero, Name, Strict, seconds
from jobqueue_exporter.model import State
from jobqueue_exporter.secret import Secret

JsonPath = str
TextOrPath = str


class HttpJobs(Strict, frozen=True):
    """Numbers of jobs in an answer: of one lane, of a lane for each item of a list, or a job for each item."""

    items: JsonPath | None = None
    """The list; the other paths then start at an item of it. Left out: they start at the answer."""
    each: State | None = None
    """Each item is one job in this state; left out: the paths below lead to numbers."""
    total: JsonPath | None = None
    """How many there are in all, from the start of the answer; a list with fewer is cut, and a full page may be."""
    status: JsonPath | None = None
    """Where an item says what it is; items that say something that is not in `statuses` are left out."""
    statuses: tuple[str, ...] = ()
    """The statuses that count."""
    queue: TextOrPath = ""
    """The queue: a path to it, or its name as it is; left out: `http.queue`."""
    kind: TextOrPath = ""
    """The kind: a path to it, or its name as it is."""
    pending: JsonPath | None = None
    """How many could be claimed now."""
    scheduled: JsonPath | None = None
    """How many are due later."""
    retrying: JsonPath | None = None
    """How many have failed and are due again later."""
    blocked: JsonPath | None = None
    """How many wait for something other than time."""
    running: JsonPath | None = None
    """How many are being worked on."""
    dead_letter: JsonPath | None = None
    """How many are dead."""
    oldest_pending: JsonPath | None = None
    """Since when the oldest pending one is due: its age in seconds, or a time."""
    oldest_running: JsonPath | None = None
    """Since when the oldest running one runs: its age in seconds, or a time."""
    oldest_dead_letter: JsonPath | None = None
    """Since when the oldest dead one is dead: its age in seconds, or a time."""


class HttpDeadLetters(Strict, frozen=True):
    """What an answer says of dead jobs beyond their number."""

    items: JsonPath | None = None
    """A list of the newest of them; `error` and `attempts` start at an item of it."""
    queue: TextOrPath = ""
    """The queue: a path to it in an item, or its name as it is; left out: `http.queue`."""
    kind: TextOrPath = ""
    """The kind: a path to it in an item, or its name as it is."""
    error: JsonPath | None = None
    """Why the job died; `causes` says what it means."""
    attempts: JsonPath | None = None
    """How often the job was tried."""
    attempts_average: JsonPath | None = None
    """How often they were tried on average, where the answer itself says so."""
    recent: dict[str, JsonPath] = msgspec.field(default_factory=dict)
    """How many died lately, by the window, as in 24h."""


class HttpRecovery(Strict, frozen=True):
    """Dead jobs on their way back: paths to numbers, or to a list, whose items are then counted."""

    pending: JsonPath | None = None
    """Those that wait for a person."""
    retry_scheduled: JsonPath | None = None
    """Those that will be tried again."""
    recovered: JsonPath | None = None
    """Those that were recovered."""
    abandoned: JsonPath | None = None
    """Those that a person gave up."""
    oldest_pending: JsonPath | None = None
    """Since when the oldest waits: its age in seconds, or a time; of several the oldest counts."""


class HttpBreaker(Strict, frozen=True):
    """A circuit breaker in an answer."""

    name: str
    """What it is called."""
    state: JsonPath
    """Its state: closed, open or half-open."""
    failures: JsonPath | None = None
    """The failures that it counts."""


class HttpProbes(Strict, frozen=True):
    """Health in an answer: paths to true or false."""

    ready: JsonPath | None = None
    """Whether it is ready."""
    live: JsonPath | None = None
    """Whether it is alive."""
    checks: dict[str, JsonPath] = msgspec.field(default_factory=dict)
    """Single checks by name."""


class HttpSchedule(Strict, frozen=True):
    """Work that recurs, in an answer: one, or one for each item of a list."""

    name: TextOrPath
    """What it is called: a path to it, or its name as it is."""
    last_success: JsonPath
    """When it last succeeded: a time."""
    items: JsonPath | None = None
    """The list; the other paths then start at an item of it. Left out: they start at the answer."""
    interval: DurationOrZero = seconds(0)
    """How far apart it should succeed; 0: not known, or told by `interval_seconds`."""
    interval_seconds: JsonPath | None = None
    """The same, where the answer says it, in seconds."""


class HttpRequest(Strict, frozen=True):
    """One GET and what its answer means. Paths are JSONPath (RFC 9535); of several with | between the first counts."""

    name: Name
    """What the request is called in metrics of collectors."""
    path: str
    """What follows the address in `dsn`, with its parameters."""
    zeros_prove_nothing: bool = False
    """Whether this API answers zeros when it cannot tell, so that an answer of all zeros says nothing."""
    may_lack: tuple[JsonPath, ...] = ()
    """Those of the paths below that an answer may lack without a notice."""
    jobs: tuple[HttpJobs, ...] = ()
    """Numbers of jobs."""
    dead_letters: HttpDeadLetters | None = None
    """What it says of dead jobs beyond their number."""
    recovery: HttpRecovery | None = None
    """Dead jobs on their way back."""
    breakers: tuple[HttpBreaker, ...] = ()
    """Circuit breakers."""
    kill_switch: JsonPath | None = None
    """Whether all work is switched off."""
    probes: HttpProbes | None = None
    """Health."""
    schedules: tuple[HttpSchedule, ...] = ()
    """Work that recurs."""


class Http(Strict, frozen=True):
    """How an HTTP API is asked, and what its answers mean."""

    headers: dict[str, Secret] = msgspec.field(default_factory=dict)
    """Headers to send, such as Authorization."""
    ca_file: str | None = None
    """A file of CA certificates to trust instead of the usual ones; relative to the working directory."""
    liveness: Secret | None = None
    """For `readiness`: the URL of the endpoint that says whether the process is alive, as in https://host/healthz."""
    preset: Literal["admin-api", "dlq-api"] | None = None
    """For `http-json`: requests that are known, instead of `requests`."""
    requests: tuple[HttpRequest, ...] = ()
    """For `http-json`: what is asked and what the answers mean."""
    queue: str = "jobs"
    """For `http-json`: the queue of jobs of which the answers name none."""
