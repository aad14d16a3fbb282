"""A real Prometheus that scrapes one address every second, judges rules if there are some, and what it has to say."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import yaml

from tests.deadline import until
from tests.tooling import tool


class Series(TypedDict):
    """One series of an answer, with its samples."""

    metric: dict[str, str]
    values: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server."""

    address: str

    def samples(self, selector: str) -> dict[str, list[tuple[float, float]]]:
        """Every sample of the last hour as it was scraped: (timestamp, value) by series."""
        return {
            _labels(one): [(at, float(value)) for at, value in one["values"]] for one in self._query(f"{selector}[1h]")
        }

    def own(self, name: str) -> float:
        """A metric of Prometheus itself."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def asked(self, what: str, **parameters: str) -> list[Any]:
        """What it answers to `query`, `query_range`, `series` or the like. Raises urllib.error.HTTPError."""
        url = f"http://{self.address}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            data = json.load(answer)["data"]
        found: list[Any] = data["result"] if isinstance(data, dict) else data
        return found

    def _query(self, query: str) -> list[Series]:
        return self.asked("query", query=query)


@contextmanager
def scraping(target: str, home: Path, rules: str = "", alertmanager: str = "") -> Iterator[Prometheus]:
    """Prometheus, scraping `target` each second until the end of the context; the rules in the files that `rules`
    matches are judged as often, and what they raise is sent to `alertmanager`."""
    program, address = tool("prometheus"), f"127.0.0.1:{free_port()}"
    scrape = {"job_name": "jobqueue", "static_configs": [{"targets": [target]}]}
    often = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    settings: dict[str, object] = {"global": often, "scrape_configs": [scrape]}
    if rules:
        settings["rule_files"] = [rules]
        settings["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
    (home / "prometheus.yml").write_text(yaml.safe_dump(settings))
    command = [
        str(program),
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address={address}",
        "--rules.alert.resend-delay=3s",
    ]
    with (home / "prometheus.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(lambda: ready(address), seconds=30)
            yield Prometheus(address)
        finally:
            process.terminate()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ready(address: str) -> bool:
    """Whether the Prometheus or Alertmanager at this address says that it is."""
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=2):
            return True
    except OSError:
        return False


def _labels(series: Series) -> str:
    return json.dumps(series["metric"], sort_keys=True)
