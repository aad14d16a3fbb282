"""An API that answers as a test says, read by a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
import responses

from jobqueue_exporter import engines
from jobqueue_exporter.config.http_types import Http, HttpRequest
from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.engines.protocol import Part, Reader, Request, Tier
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Facts
from jobqueue_exporter.secret import Secret
from tests.sources.conftest import soon

BASE = "https://api.example.com/v1"


def source(*requests: Mapping[str, object], **http: Any) -> Source:
    """A source with these requests, or with a preset."""
    mapped = tuple(msgspec.convert(request, HttpRequest) for request in requests)
    return Source(name="api", dsn=Secret(BASE), engine=EngineName("http-json"), http=Http(requests=mapped, **http))


def request_of(reader: Reader, *, extras: bool = True) -> Request:
    """A reading with all extras, or with none."""
    names = frozenset(each.name for each in reader.collectors if each.tier is Tier.EXTRA)
    return Request(deadline=soon(), extras=names if extras else frozenset())


def parts_of(wanted: Source, answers: Mapping[str, object], *, extras: bool = True) -> list[Part]:
    """The parts of a reading of an API that answers a path with a body; an int is a status without one."""
    reader = engines.reader(wanted)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as api:
        for path, body in answers.items():
            if isinstance(body, int):
                api.get(f"{BASE}/{path}", status=body)
            else:
                api.get(f"{BASE}/{path}", json=body)
        return list(reader.read(request_of(reader, extras=extras)))


def facts_of(answer: object, **mapping: object) -> Facts:
    """What one request finds in an answer."""
    (part,) = parts_of(source({"name": "one", "path": "stats", **mapping}), {"stats": answer})
    assert part.error == ""
    assert part.facts is not None
    return part.facts


def error_of(answer: object, **mapping: object) -> str:
    """Why one request finds nothing in an answer, after its address."""
    with pytest.raises(Refused) as caught:
        facts_of(answer, **mapping)
    return str(caught.value).removeprefix(f"{BASE}/stats: ")
