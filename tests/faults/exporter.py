"""The exporter as its users meet it: its commands, its pages, and what a scrape says."""

from __future__ import annotations

import html
import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from jobqueue_exporter.cli import main
from jobqueue_exporter.config.load import load
from jobqueue_exporter.web import serving

PATIENCE = 30.0
JOBS = """
CREATE TABLE jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text, state text DEFAULT 'queued', attempts int DEFAULT 0,
  max_attempts int DEFAULT 5, run_at timestamptz DEFAULT now(), locked_at timestamptz, locked_by text,
  heartbeat_at timestamptz, last_error text, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()
);
CREATE INDEX ON jobs (state, run_at);
INSERT INTO jobs (kind, state) VALUES
  ('MAIL', 'queued'), ('MAIL', 'queued'), ('MAIL', 'dead_letter'), ('MAIL', 'done'), ('SCAN', 'queued');
INSERT INTO jobs (kind, state, run_at) VALUES ('SCAN', 'queued', now() + interval '1 h');
INSERT INTO jobs (kind, state, locked_at, locked_by, heartbeat_at) VALUES ('SCAN', 'running', now(), 'w1', now());
"""
TOLD = {
    ("MAIL", "pending"): 2.0,
    ("MAIL", "dead_letter"): 1.0,
    ("SCAN", "pending"): 1.0,
    ("SCAN", "scheduled"): 1.0,
    ("SCAN", "running"): 1.0,
}
"""What a scrape says of JOBS, but for zeros."""


@dataclass(frozen=True)
class Scrape:
    """One answer in the text format, which Prometheus would take."""

    text: str

    def values(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The samples of one metric by some of their labels."""
        found = [
            (tuple(sample.labels[label] for label in labels), sample.value)
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
            if sample.name == name
        ]
        assert len(dict(found)) == len(found), f"samples of {name} are told twice"
        return dict(found)

    @property
    def up(self) -> bool:
        """Whether the one source could be read."""
        ((_, value),) = self.values("jobqueue_source_up", "source").items()
        return value == 1

    @property
    def jobs(self) -> dict[tuple[str, ...], float]:
        """Live jobs by kind and state, without zeros; {} too when there is no such metric."""
        return {key: value for key, value in self.values("jobqueue_jobs", "kind", "state").items() if value}

    @property
    def of_jobs(self) -> set[str]:
        """The names of all metrics but those that tell how the exporter and its reading are."""
        names = {family.name for family in text_string_to_metric_families(self.text) if family.samples}
        return {name for name in names if not re.match("jobqueue_(source|collector|config|exporter)_", name)}


@dataclass(frozen=True)
class Exporter:
    """A `serve` that runs."""

    address: str

    def scrape(self) -> Scrape:
        """What Prometheus gets; it always gets something."""
        return Scrape(self._get("/metrics"))

    def page(self) -> str:
        """The words of the landing page."""
        return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", self._get("/")).split()))

    def _get(self, path: str) -> str:
        with closing(http.client.HTTPConnection(self.address, timeout=PATIENCE)) as client:
            client.request("GET", path)
            answer = client.getresponse()
            assert answer.status == 200
            return answer.read().decode()


def configured(folder: Path, dsn: str, **source: Any) -> Path:
    """A jobqueue.yml with one source, which is read anew at each scrape."""
    path = folder / "jobqueue.yml"
    path.write_text(json.dumps({"sources": [{"name": "shop", "dsn": dsn, "max_age": 0, **source}]}))
    return path


@contextmanager
def serving_of(config: Path) -> Iterator[Exporter]:
    """`jobqueue serve` in a thread of its own, once it serves."""
    ready: Future[str] = Future()
    stop: Future[None] = Future()

    def serve() -> None:
        try:
            serving.run(load(config, {}), listen="127.0.0.1:0", ready=ready.set_result, stop=stop)
        except BaseException as error:
            (stop if ready.done() else ready).set_exception(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Exporter(ready.result(PATIENCE).removeprefix("http://"))
    finally:
        if not stop.done():
            stop.set_result(None)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        stop.result()


def run(*arguments: str, environ: Mapping[str, str] | None = None) -> Result:
    """A command as a person runs it."""
    return CliRunner(env={"DATABASE_URL": None, **(environ or {})}).invoke(main, arguments)
