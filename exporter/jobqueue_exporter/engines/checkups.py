"""What any reader can tell `jobqueue doctor` and `jobqueue init`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.engine import Engine
from jobqueue_exporter.engines.protocol import Finding, Part, Proposal, Reader, Request, Status
from jobqueue_exporter.errors import SourceError, Unreachable
from jobqueue_exporter.model import BUCKETS, Facts, Probes, State

READINGS = 3
SCRAPE_SECONDS = 15.0
SKEW_SECONDS = 2.0
# By words of the driver's messages.
_WAYS_OUT = {
    "connection refused": "is the server running there, and does it listen on an address that is reached from here?",
    "failed to resolve host": "check the name of the host, and that it can be looked up from here",
    "no password supplied": "write one into the connection string, as in postgresql://user:password@host/database",
    "authentication failed": "check the user and the password; in a URL, write @ / : ? # and % of a password as "
    "%40 %2F %3A %3F %23 and %25",
}


def of(source: Source, named: Callable[[Source], Source], engine: Callable[[str], Engine]) -> Iterator[Finding]:
    """The findings on a source by its engine's own checkup, else by reading it as scrapes would."""
    for notice in dsn.address(source.dsn).notices:
        yield Finding(Status.INFO, "dsn", notice)
    try:
        known = named(source)
    except SourceError as error:
        yield failed(source, error)
        return
    found = engine(str(known.engine))
    if found.checkup is not None:
        yield from found.checkup(known)
        return
    reader = found.reader(known)
    try:
        yield from by_reading(known, reader)
    except SourceError as error:
        yield failed(source, error)
    finally:
        reader.close()


def by_reading(source: Source, reader: Reader) -> Iterator[Finding]:
    """Reads a source a few times, and says what came and what it cost. Raises SourceError."""
    parts: list[Part] = []
    for _ in range(READINGS):
        parts += reader.read(request(reader, source))
    facts = _facts(parts)
    what = f"{reader.engine} {facts.version or ''}".rstrip()
    yield Finding(Status.OK, "engine", f"{what}, at {dsn.address(source.dsn).public()}")
    if facts.clock is not None:
        yield clock(facts.clock - time.time())
    failed = {part.collector: part.error for part in parts if part.error}
    yield from (Finding(Status.FAILED, name, error) for name, error in failed.items())
    if facts.probes is not None:
        yield _health(facts.probes)
    yield Finding(Status.OK if facts.lanes is not None else Status.INFO, "jobs", _counted(facts))
    for notice in dict.fromkeys(facts.notices or ()):
        yield Finding(Status.WARNING, "notice", notice)
    yield cost(reader, source, parts)


def failed(source: Source, error: SourceError) -> Finding:
    """A finding on what kept a source from being read, with a way out where it is plain."""
    if not isinstance(error, Unreachable):
        return Finding(Status.FAILED, "read", str(error))
    text = str(error)
    if dsn.kind(source.dsn) == "postgresql":
        text += next((f"; {way}" for words, way in _WAYS_OUT.items() if words in text.lower()), "")
    return Finding(Status.FAILED, "connect", text)


def clock(skew: float) -> Finding:
    """A finding on a source's clock that is `skew` seconds ahead of ours."""
    grave = abs(skew) > SKEW_SECONDS
    words = f"the source's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    advice = "; ages are right, but alerts on heartbeats compare both clocks: run NTP" if grave else ""
    return Finding(Status.WARNING if grave else Status.OK, "clock", words + advice)


def cost(reader: Reader, source: Source, parts: Sequence[Part]) -> Finding:
    """A finding on what these parts of a few readings took."""
    core = [one.name for one in reader.collectors if one.tier == "core"]
    by_name = {
        one.name: statistics.median([part.seconds for part in parts if part.collector == one.name] or [0.0])
        for one in reader.collectors
    }
    seconds = sum(by_name[name] for name in core)
    share = seconds / SCRAPE_SECONDS
    detail = ", ".join(f"{name} {took * 1000:.1f} ms" for name, took in by_name.items())
    dear = share > source.budget
    return Finding(
        Status.WARNING if dear else Status.OK,
        "cost",
        f"a scrape takes {seconds * 1000:.1f} ms of the source's time, {share:.2%} of it at one in "
        f"{SCRAPE_SECONDS:.0f} s ({detail})" + ("; scrape less often, or see what is advised above" if dear else ""),
    )


def propose(source: Source, reader: Reader) -> Proposal:
    """The engine and the lanes that one reading shows. Raises SourceError."""
    try:
        facts = _facts(list(reader.read(request(reader, source))))
    finally:
        reader.close()
    settings: dict[str, object] = {"engine": reader.engine}
    return Proposal(settings=settings, missing=(), lanes=tuple(sorted(facts.lanes or ())), notices=facts.notices or ())


def request(reader: Reader, source: Source) -> Request:
    """For all that a reader has, in the time that a reading of the source may take."""
    extras = frozenset(collector.name for collector in reader.collectors)
    return Request(deadline=time.monotonic() + source.timeout, extras=extras, thresholds=BUCKETS)


def _facts(parts: Sequence[Part]) -> Facts:
    facts = Facts()
    for part in parts:
        facts = facts.merged(part.facts or Facts())
    return facts


def _health(probes: Probes) -> Finding:
    words = {True: "yes", False: "NO", None: "not told"}
    red = [name for name, ok in probes.checks.items() if not ok]
    failed = f"; failed checks: {', '.join(red)}" if red else ""
    bad = probes.ready is False or probes.live is False
    text = f"ready: {words[probes.ready]}, alive: {words[probes.live]}{failed}"
    return Finding(Status.WARNING if bad else Status.OK, "health", text)


def _counted(facts: Facts) -> str:
    if facts.lanes is None:
        return "it tells of no jobs"
    totals = {state: sum(lane.counts.get(state, 0) for lane in facts.lanes.values()) for state in State}
    queues = len({lane.queue for lane in facts.lanes})
    told = ", ".join(f"{total} {state}" for state, total in totals.items() if total)
    return f"{queues} {'queue' if queues == 1 else 'queues'}: {told or 'no live job'}"
