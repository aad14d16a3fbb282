"""Asks the health endpoints of one service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.dsn import web_url
from jobqueue_exporter.dsn.web_url import WebUrl
from jobqueue_exporter.engines.protocol import Collector, Part, Request, Statement, Tier
from jobqueue_exporter.engines.readiness import judgement
from jobqueue_exporter.errors import SourceError, TimedOut
from jobqueue_exporter.model import Facts, Probes, Signal
from jobqueue_exporter.sources.http import Http, Session
from jobqueue_exporter.sources.http_answer import Answer
from jobqueue_exporter.sources.http_errors import NoService

SPARE = 0.1
"""The part of the time that is kept back: that nothing answered has to be told before the reading is over."""
_OFTEN_PROGRAMS = frozenset({"ffmpeg", "ffprobe", "yt-dlp"})


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What is asked, what its answer means, and what it means when there is none."""

    name: str
    place: WebUrl
    judge: Callable[[Answer], Facts]
    red: Probes


class ReadinessReader:
    """One service with a readiness endpoint, and a liveness endpoint if one is configured."""

    engine = "readiness"
    signals: Mapping[Signal, bool] = dict.fromkeys(Signal, False)

    def __init__(self, source: Source) -> None:
        place, settings = web_url.parse(source.dsn), source.http
        programs = _OFTEN_PROGRAMS | set(source.binaries)
        endpoints = [
            _Endpoint("readiness", place, lambda answer: judgement.ready(answer, programs), Probes(ready=False))
        ]
        if settings.liveness:
            liveness = web_url.parse(settings.liveness)
            endpoints.insert(0, _Endpoint("liveness", liveness, judgement.live, Probes(live=False)))
        self._endpoints = tuple(endpoints)
        self._http = Http(place, headers=settings.headers, ca_file=settings.ca_file)

    @property
    def collectors(self) -> Sequence[Collector]:
        """One for each endpoint."""
        return tuple(Collector(endpoint.name, Tier.CORE) for endpoint in self._endpoints)

    def read(self, request: Request) -> Iterator[Part]:
        """A part for each endpoint. Raises SourceError."""
        with self._http.session() as session:
            yield from self._parts(session, request.deadline)

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends, by sending it. Raises SourceError."""
        with self._http.session() as session:
            found = [part.collector for part in self._parts(session, request.deadline)]
            return [Statement(name, text) for name, text in zip(found, session.sent, strict=True)]

    def stop(self) -> None:
        """End a reading under way from another thread."""
        self._http.stop()

    def close(self) -> None:
        """Nothing is kept between readings."""
        self._http.close()

    def _parts(self, session: Session, deadline: float) -> Iterator[Part]:
        """What is left of the time is shared by the endpoints that are still to be asked."""
        if (left := deadline - time.monotonic()) <= 0:
            raise TimedOut("the time limit was over before the reading began")
        until = deadline - SPARE * left
        live: bool | None = None
        for index, endpoint in enumerate(self._endpoints):
            start = time.monotonic()
            by = start + (until - start) / (len(self._endpoints) - index)
            try:
                facts = _asked(session, endpoint, by)
            except SourceError as error:
                yield Part(collector=endpoint.name, seconds=time.monotonic() - start, error=str(error))
                continue
            # Of two parts that tell of probes the later counts, so it repeats what the earlier said.
            probes = facts.probes or Probes()
            live = probes.live if probes.live is not None else live
            facts = replace(facts, probes=replace(probes, live=live))
            yield Part(collector=endpoint.name, seconds=time.monotonic() - start, facts=facts)


def _asked(session: Session, endpoint: _Endpoint, by: float) -> Facts:
    """What one endpoint tells, also by not answering. Raises SourceError where the probe itself failed."""
    try:
        answer = session.get(endpoint.place, by)
    except (NoService, TimedOut):
        if session.stopped:
            raise
        return Facts(probes=endpoint.red)
    return endpoint.judge(answer)
