"""The page at /, made from readings."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse, Response

from jobqueue_exporter import __version__
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.health import Status
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import discretion, files
from jobqueue_exporter.web.headers import HEADERS
from jobqueue_exporter.web.page import lanes, words
from jobqueue_exporter.web.page.asked import Asked
from jobqueue_exporter.web.page.headline import headline
from jobqueue_exporter.web.page.source import source, worst_first
from jobqueue_exporter.web.page.trouble import CHECKS, trouble

if TYPE_CHECKING:
    from jobqueue_exporter.bundle.moment import Found

log = logging.getLogger(__name__)

STATUSES = {
    Status.OK: "ok",
    Status.WARNING: "needs a look",
    Status.FAILED: "not ok",
    Status.UNKNOWN: "unknown",
}
TONES = {Status.OK: "ok", Status.WARNING: "warning", Status.FAILED: "critical", Status.UNKNOWN: "unknown"}
MOST_CARDS = 8
MOST_ROWS = 120
"""In all cards together, so that the page stays small with many sources."""


def page(config: Config, asked: Asked, snapshots: Sequence[Snapshot], *, reasons: bool, missing: bool) -> Response:
    """The page, as a response. Only with `reasons` it says why a source cannot be read, and what an engine noticed:
    hosts, users and names of tables are in that. `missing`: there is no source of the name asked for, and these are
    those there are. May take a while: not for an event loop."""
    told = [snapshot if reasons else discretion.discreet(snapshot) for snapshot in snapshots]
    each = max(MOST_ROWS // max(min(len(told), MOST_CARDS), 1), 5)
    shown, most = min(lanes.SHOWN, each), min(lanes.WITH_FOLDED, each)
    sources = [source(snapshot, config, asked, shown=shown, most=most) for snapshot in told]
    checks = [(one.source, check) for one, found in zip(told, sources, strict=True) for check in found.checks]
    wrong = trouble(_judged(config, snapshots), checks)
    ordered = worst_first(sources)
    only = sources[0].name if asked.source and sources else ""
    text = _template().render(
        asked=asked,
        cards=ordered[:MOST_CARDS],
        checks=CHECKS,
        down=[each for each in ordered if not each.up],
        grafana=_link(config.links.grafana),
        headline=headline(wrong, sources=len(sources), down=sum(not each.up for each in sources), only=only),
        missing=missing,
        names=[(words.name(each.name), Asked(each.name)) for each in config.sources],
        now=time.time(),
        others=ordered[MOST_CARDS:],
        read_at=min((each.read_at for each in sources if each.up), default=None),
        trouble=wrong,
        version=__version__,
    )
    return HTMLResponse(text, 404 if missing else 200, HEADERS)


def _judged(config: Config, snapshots: Sequence[Snapshot]) -> Found | None:
    """What the alerts say; None, and a word in the log, where they cannot be judged: the rest is shown still."""
    # Here, since a scrape needs none of the libraries that this brings along.
    from jobqueue_exporter.web import shelf

    try:
        return shelf.of(config).problems(snapshots)
    except Exception as error:
        _complain(f"{type(error).__name__}: {error}")
        return None


@lru_cache(maxsize=64)
def _complain(text: str) -> None:
    """Once for each text: the page is asked for again and again."""
    log.error("the page is shown without what the alerts say: %s", text, exc_info=True)


def _link(address: str | None) -> str:
    """An address that a link may lead to; empty where there is none."""
    return address if address and urlsplit(address).scheme in ("http", "https") else ""


@cache
def _template() -> Template:
    loader = PackageLoader("jobqueue_exporter.web")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"age": words.age, "machine": words.machine, "clock": words.clock}
    made.globals |= {"static": files.address, "statuses": STATUSES, "tones": TONES}
    return made.get_template("page.html")
