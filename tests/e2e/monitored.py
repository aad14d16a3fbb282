"""One exporter of many teams, Prometheus with our rules, Alertmanager and a webhook, all twenty times as fast."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from tests.deadline import until
from tests.e2e.alertmanager import Alertmanager, alerting
from tests.e2e.prometheus import Prometheus, free_port, scraping
from tests.e2e.team import LEASE_SECONDS, Services, Team, office, services

SCALE = 20
WAIT_SECONDS = 300 / SCALE
BURNS = ("WaitBurnFast", "WaitBurnSlow", "SuccessBurnFast", "SuccessBurnSlow")
PIPELINE = {"killed": False, "breaker": "closed"}


@dataclass(slots=True)
class Exporter:
    """`jobqueue serve` as a process that can be ended and started again."""

    address: str
    home: Path
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "jobqueue_exporter", "serve", "--config", str(self.home / "jobqueue.yml")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with (self.home / "exporter.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, cwd=self.home, stdout=log, stderr=log)
        until(self._answers, seconds=60)

    def kill(self) -> None:
        """End it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._process = None

    def page(self, url: str) -> str:
        """What it serves there. Raises OSError."""
        with urllib.request.urlopen(url, timeout=60) as answer:
            return str(answer.read().decode())

    def _answers(self) -> bool:
        try:
            return bool(self.page(f"http://{self.address}/-/healthy"))
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Monitored:
    """All of it, running."""

    teams: dict[str, Team]
    services: Services
    exporter: Exporter
    prometheus: Prometheus
    alertmanager: Alertmanager


@contextmanager
def monitored(home: Path, names: Sequence[str], apart: str) -> Iterator[Monitored]:
    """Teams of these names, each a source; the one that is `apart` has a database server of its own. Beside them
    `web`, `api` and `pipeline`, which speak HTTP."""
    with ExitStack() as stack:
        shared, own = stack.enter_context(office()), stack.enter_context(office())
        teams = {name: Team(name, own if name == apart else shared) for name in names}
        for team in teams.values():
            stack.enter_context(team.at_work())
        http = stack.enter_context(services())
        for path in ("/web/readyz", "/api/readyz", "/api/healthz"):
            http.say(path, 200, {"ok": True})
        http.say("/pipeline", 200, PIPELINE)
        exporter = Exporter(f"127.0.0.1:{free_port()}", home)
        (home / "jobqueue.yml").write_text(yaml.safe_dump(_config(tuple(teams.values()), http, exporter.address)))
        rendered = CliRunner().invoke(
            main,
            ["alerts", "render", f"--config={home / 'jobqueue.yml'}", f"--output-dir={home}", f"--time-scale={SCALE}"],
        )
        assert rendered.exit_code == 0, rendered.output
        stack.callback(exporter.kill)
        exporter.start()
        alertmanager = stack.enter_context(alerting(home / "alertmanager/alertmanager.yml", home))
        rules = str(home / "prometheus/*.rules.yml")
        prometheus = stack.enter_context(scraping(exporter.address, home, rules, alertmanager.address))
        yield Monitored(teams, http, exporter, prometheus, alertmanager)


def _config(teams: Sequence[Team], http: Services, address: str) -> dict[str, object]:
    """Objectives are the defaults, twenty times as strict, but for two teams whose waits page late or never."""
    wait = f"{WAIT_SECONDS:g}s"
    media = {"owner": "media", "wait_objective": wait, "max_runtime": "180s"}
    return {
        "server": {"listen": address, "external_url": f"http://{address}"},
        # Asked twenty times as often as usual, they may be asked for twenty times as long.
        "sources": [{**each, "budget": SCALE * 0.01} for each in (*map(_source, teams), *_services(http))],
        "queues": [
            {"match": {"source": "hung"}, "owner": "media", "wait_objective": "1h"},
            {"match": {"source": "batch"}, **media, "page": False},
            {"match": {"kind": "PUBLISH_*"}, **media, "owner": "publishing", "no_loss": True},
            {"match": {}, **media},
        ],
        "owners": {
            "media": {"contact": "media@example.com", "receiver": "media"},
            "publishing": {"contact": "publishing@example.com", "receiver": "publishing"},
        },
        # Hours and days, even twenty times as short, are longer than the run: of so young a past they judge nothing.
        "alerts": {"rules": {f"JobQueue{name}": {"enabled": False} for name in BURNS}},
    }


def _source(team: Team) -> dict[str, object]:
    return {
        "name": team.name,
        "dsn": team.dsn,
        "engine": "table",
        "table": "public.jobs",
        "heartbeats": {"table": "public.job_workers"},
        "binaries": ["ffmpeg", "yt-dlp"],
        "lease": f"{LEASE_SECONDS:g}s",
    }


def _services(http: Services) -> list[dict[str, object]]:
    asked = {
        "name": "pipeline",
        "path": "/pipeline",
        "kill_switch": "$.killed",
        "breakers": [{"name": "speech", "state": "$.breaker"}],
    }
    liveness = {"liveness": f"{http.url}/api/healthz"}
    return [
        {"name": "web", "engine": "readiness", "dsn": f"{http.url}/web/readyz"},
        {"name": "api", "engine": "readiness", "dsn": f"{http.url}/api/readyz", "http": liveness},
        {"name": "pipeline", "engine": "http-json", "dsn": http.url, "http": {"requests": [asked]}},
    ]
