"""An HTTP API that answers in JSON, by a mapping of JSON paths or a preset."""

from __future__ import annotations

from jobqueue_exporter.engines.engine import About, Engine
from jobqueue_exporter.engines.http_json.reader import HttpJsonReader
from jobqueue_exporter.model import Signal, State

ENGINE = Engine(
    about=About(
        title="an HTTP API that answers in JSON (presets: dlq-api, admin-api)",
        states=frozenset(State),
        signals=frozenset({Signal.CAUSES, Signal.RECOVERY, Signal.SCHEDULES}),
        index="none is needed; the API pays for what it is asked",
        requeue="by its own API; we only read",
        tested="HTTP/1.1",
    ),
    reader=HttpJsonReader,
)
