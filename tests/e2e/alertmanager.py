"""A real Alertmanager with our configuration, and a webhook that writes down all that it is told."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.deadline import until
from tests.e2e.prometheus import free_port, ready
from tests.tooling import tool

Labels = Mapping[str, str]
TEMPLATES = Path("/usr/share/prometheus/alertmanager")


@dataclass(frozen=True, slots=True)
class Notification:
    """One alert in one call of the webhook: when it came, for which receiver, and what it said."""

    at: float
    receiver: str
    firing: bool
    labels: Labels
    annotations: Labels


@dataclass(slots=True)
class Inbox:
    """All notifications, in the order in which they came."""

    _all: list[Notification] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, notifications: list[Notification]) -> None:
        """Add some."""
        with self._lock:
            self._all += notifications

    def of(self, **labels: str) -> list[Notification]:
        """Those whose alert has these labels."""
        with self._lock:
            return [each for each in self._all if labels.items() <= each.labels.items()]

    def firing(self, **labels: str) -> list[Labels]:
        """The alerts with these labels that were told to fire and not yet to be resolved."""
        last = {json.dumps(dict(each.labels), sort_keys=True): each for each in self.of(**labels)}
        return [each.labels for each in last.values() if each.firing]


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """A running one."""

    address: str
    config: Path
    inbox: Inbox

    def post(self, *alerts: Labels) -> None:
        """Tell it that these alerts fire."""
        body = json.dumps([{"labels": dict(labels)} for labels in alerts]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{self.address}/api/v2/alerts", body, headers)
        with urllib.request.urlopen(request, timeout=10):
            pass

    def muted(self, labels: Labels) -> bool | None:
        """Whether this alert is inhibited; None while it does not know of it, or has not judged it yet."""
        with urllib.request.urlopen(f"http://{self.address}/api/v2/alerts", timeout=10) as answer:
            found = [each for each in json.load(answer) if each["labels"] == labels]
        if not found or found[0]["status"]["state"] == "unprocessed":
            return None
        return bool(found[0]["status"]["inhibitedBy"])

    def receivers(self, labels: Labels) -> list[str]:
        """Where its routes lead an alert, by `amtool config routes test`."""
        words = [f"{name}={json.dumps(value)}" for name, value in labels.items()]
        command = [str(tool("amtool")), "config", "routes", "test", f"--config.file={self.config}", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split(",")


@contextmanager
def alerting(rendered: Path, home: Path, silent: tuple[str, ...] = ("nobody",)) -> Iterator[Alertmanager]:
    """Alertmanager with the rendered configuration, all its receivers but the silent ones leading to the inbox."""
    address, inbox = f"127.0.0.1:{free_port()}", Inbox()
    program, data = _relocated(tool("alertmanager").resolve(), home)
    with _webhook(inbox) as webhook:
        settings = yaml.safe_load(rendered.read_text())
        for receiver in settings["receivers"]:
            if receiver["name"] not in silent:
                receiver["webhook_configs"] = [{"url": f"{webhook}/{receiver['name']}", "send_resolved": True}]
        config = home / "alertmanager.yml"
        config.write_text(yaml.safe_dump(settings))
        command = [
            str(program),
            f"--config.file={config}",
            f"--storage.path={home / 'memory'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
        ]
        with (
            (home / "alertmanager.log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, cwd=data) as ran,
        ):
            try:
                until(lambda: ready(address), seconds=30)
                yield Alertmanager(address, config, inbox)
            finally:
                ran.terminate()


def _relocated(program: Path, home: Path) -> tuple[Path, Path]:
    """The program, and the directory to start it in. Debian's opens its templates in a fixed place, where they are
    not when its package is only unpacked: then a copy that looks for them where it is started."""
    unpacked = program.parents[1] / "share/prometheus/alertmanager"
    if TEMPLATES.is_dir() or not unpacked.is_dir():
        return program, home
    place = str(TEMPLATES).encode()
    copy = home / "alertmanager.bin"
    copy.write_bytes(program.read_bytes().replace(place, b"/proc/self/cwd".ljust(len(place), b"/")))
    copy.chmod(0o755)
    return copy, unpacked


@contextmanager
def _webhook(inbox: Inbox) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            inbox.take([_notification(self.path.strip("/"), alert) for alert in told["alerts"]])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what came is in the inbox."""

    with serving(Handler) as url:
        yield url


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """An HTTP server on a free port of this machine, in threads of its own; its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _notification(receiver: str, alert: Mapping[str, Any]) -> Notification:
    return Notification(time.time(), receiver, alert["status"] == "firing", alert["labels"], alert["annotations"])
