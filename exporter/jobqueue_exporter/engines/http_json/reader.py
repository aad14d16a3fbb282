"""Asks an API and reads its answers by a mapping: that of the configuration, or a preset."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from jobqueue_exporter.config.http_types import HttpRequest
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.dsn import web_url
from jobqueue_exporter.engines import causes
from jobqueue_exporter.engines.http_json import conditions, dead_letters, lanes, pages
from jobqueue_exporter.engines.http_json.document import Document
from jobqueue_exporter.engines.http_json.presets import PRESETS
from jobqueue_exporter.engines.protocol import Collector, Part, Request, Statement, Tier
from jobqueue_exporter.errors import Refused, SourceError, TimedOut
from jobqueue_exporter.model import Facts, Signal
from jobqueue_exporter.sources.http import Http, Session

SPARE = 0.05
"""The part of the time that is kept back, to tell what has come before the reading is over."""
_NOT_READY = 503
_CORE = ("jobs", "recovery", "breakers", "kill_switch", "probes", "schedules")


class HttpJsonReader:
    """One API. Requests that only list dead jobs are sent as rarely as extras are; all others each time."""

    engine = "http-json"

    def __init__(self, source: Source) -> None:
        settings = source.http
        self._source = source
        self._home = web_url.parse(source.dsn)
        given = PRESETS[settings.preset] if settings.preset else settings.requests
        self._requests = tuple(sorted(given, key=lambda each: _tier(each, given) is Tier.EXTRA))
        self._causes = causes.causes(source.causes)
        self._http = Http(self._home, headers=settings.headers, ca_file=settings.ca_file)

    @property
    def collectors(self) -> Sequence[Collector]:
        """One for each request."""
        return tuple(Collector(each.name, _tier(each, self._requests)) for each in self._requests)

    @property
    def signals(self) -> Mapping[Signal, bool]:
        """What the mapping looks for."""
        told = dict.fromkeys(Signal, False)
        told[Signal.CAUSES] = any(each.dead_letters and each.dead_letters.error for each in self._requests)
        told[Signal.RECOVERY] = any(each.recovery for each in self._requests)
        told[Signal.SCHEDULES] = any(each.schedules for each in self._requests)
        return told

    def read(self, request: Request) -> Iterator[Part]:
        """A part for each request that is due. Raises SourceError when none of the core was of use."""
        with self._http.session() as session:
            yield from self._parts(session, request)

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends, by sending it. Raises SourceError."""
        with self._http.session() as session:
            found: list[Statement] = []
            for part in self._parts(session, request):
                found += [Statement(part.collector, text) for text in session.sent[len(found) :]]
            return found

    def stop(self) -> None:
        """End a reading under way from another thread."""
        self._http.stop()

    def close(self) -> None:
        """Nothing is kept between readings."""
        self._http.close()

    def _parts(self, session: Session, request: Request) -> Iterator[Part]:
        left = request.deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(f"{self._home.public()}: the time limit was over before the reading began")
        until = request.deadline - SPARE * left
        whole = _Whole()
        failed: SourceError | None = None
        for each, collector in zip(self._requests, self.collectors, strict=True):
            core = collector.tier is Tier.CORE
            if not core and failed is not None and not whole.told:
                raise failed
            if not core and each.name not in request.extras:
                continue
            start = time.monotonic()
            try:
                facts = self._asked(session, each, until, whole if core else _Whole())
            except SourceError as error:
                failed = failed or (error if core else None)
                yield Part(collector=each.name, seconds=time.monotonic() - start, error=str(error))
                continue
            yield Part(collector=each.name, seconds=time.monotonic() - start, facts=facts)
        if failed is not None and not whole.told:
            raise failed

    def _asked(self, session: Session, each: HttpRequest, until: float, whole: _Whole) -> Facts:
        place = self._home.at(each.path)
        answer = session.get(place, until).accepted(*([_NOT_READY] if each.probes else []))
        now = time.time() if answer.clock is None else answer.clock
        document = Document(answer.place, answer.json(), now, each.may_lack)
        queue = self._source.http.queue
        limit = pages.limit(each.path)
        jobs = [found for mapping in each.jobs if (found := lanes.told(mapping, document, queue, limit)) is not None]
        dead = dead_letters.told(each.dead_letters, document, self._causes, queue) if each.dead_letters else None
        facts = conditions.told(each, document)
        if document.missing and not document.hits:
            raise Refused(
                f"{answer.place}: nothing that is looked for is in the answer, as {next(iter(document.missing))}"
            )
        doubts = [f"there is no {path} in the answer" for path in document.missing]
        doubts += dict.fromkeys(notice for found in jobs for notice in found.notices)
        notices = tuple(f"{answer.place}: {doubt}" for doubt in doubts)
        if each.zeros_prove_nothing and document.numbers and not any(document.numbers):
            said = f"{answer.place}: all zeros, which this API also answers when it cannot tell: nothing is concluded"
            return whole.with_nothing(Facts(clock=answer.clock, notices=(*notices, said)))
        windows = tuple(each.dead_letters.recent) if each.dead_letters and dead is not None else None
        facts = replace(facts, dead_letters=dead, dead_letter_windows=windows, clock=answer.clock)
        return replace(whole.joined(facts, jobs), notices=notices or None)


class _Whole:
    """What the core requests of one reading tell together, since of two parts the later replaces the earlier."""

    def __init__(self) -> None:
        self.told = False
        self._facts = Facts()
        self._jobs: list[lanes.Told] = []

    def joined(self, facts: Facts, jobs: Sequence[lanes.Told]) -> Facts:
        """All so far, with what one more answer tells."""
        self.told = True
        self._jobs += jobs
        dead = {**(self._facts.dead_letters or {}), **(facts.dead_letters or {})}
        windows = (*(self._facts.dead_letter_windows or ()), *(facts.dead_letter_windows or ()))
        self._facts = conditions.joined(self._facts, facts)
        if self._facts.dead_letters is not None:
            self._facts = replace(self._facts, dead_letters=dead, dead_letter_windows=windows)
        if self._jobs:
            found, empty = lanes.together(self._jobs)
            self._facts = replace(self._facts, lanes=found, empty_lane=empty, capped=lanes.capped(self._jobs))
        return self._facts

    def with_nothing(self, facts: Facts) -> Facts:
        """All so far, with an answer that tells nothing."""
        self.told = True
        return self._facts.merged(facts)


def _tier(request: HttpRequest, all_of_them: Sequence[HttpRequest]) -> Tier:
    """A reading needs a core, so that requests are extras only beside others that are not."""
    core = [each for each in all_of_them if any(getattr(each, key) for key in _CORE)]
    return Tier.CORE if request in core or not core else Tier.EXTRA
