"""The page at /, made from readings."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from jobqueue_exporter import __version__
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.health import Status
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import discretion, files
from jobqueue_exporter.web.courtesy import SCRAPES
from jobqueue_exporter.web.page import lanes, words
from jobqueue_exporter.web.page.asked import Asked
from jobqueue_exporter.web.page.headline import headline
from jobqueue_exporter.web.page.items import CHECKS
from jobqueue_exporter.web.page.kept import AGE, Made
from jobqueue_exporter.web.page.source import source, worst_first
from jobqueue_exporter.web.page.trouble import trouble

if TYPE_CHECKING:
    from jobqueue_exporter.web.judgements import Judged

log = logging.getLogger(__name__)

STATUSES = {
    Status.OK: "ok",
    Status.WARNING: "needs a look",
    Status.FAILED: "not ok",
    Status.UNKNOWN: "unknown",
}
TONES = {Status.OK: "ok", Status.WARNING: "warning", Status.FAILED: "critical", Status.UNKNOWN: "unknown"}
PARTS_AT_A_TIME = 50
"""Of the text, before the next rest."""
MOST_CARDS = 8
MOST_ROWS = 120
"""In all cards together, so that the page stays small with many sources."""


def page(config: Config, asked: Asked, snapshots: Sequence[Snapshot], *, reasons: bool, missing: bool) -> Made:
    """The page. Only with `reasons` it says why a source cannot be read, and what an engine noticed:
    hosts, users and names of tables are in that. `missing`: there is no source of the name asked for, and these are
    those there are. May take a while: not for an event loop."""
    told = [snapshot if reasons else discretion.discreet(snapshot) for snapshot in snapshots]
    each = max(MOST_ROWS // max(min(len(told), MOST_CARDS), 1), 5)
    shown, most = min(lanes.SHOWN, each), min(lanes.WITH_FOLDED, each)
    rest = SCRAPES.rests()
    sources = []
    for snapshot in told:
        rest()
        sources.append(source(snapshot, config, asked, shown=shown, most=most))
    checks = [(one.source, check) for one, found in zip(told, sources, strict=True) for check in found.checks]
    judged = _judged(config, snapshots)
    wrong = trouble(judged.found if judged else None, checks, grafana=_link(config.links.grafana), rest=rest)
    ordered = worst_first(sources)
    only = sources[0].name if asked.source and sources else ""
    now = time.time()
    read_at = min((each.read_at for each in sources if each.up), default=None)
    parts = _template().generate(
        age=AGE,
        asked=asked,
        cards=ordered[:MOST_CARDS],
        checks=CHECKS,
        down=[each for each in ordered if not each.up],
        grafana=_link(config.links.grafana),
        headline=headline(wrong, sources=len(sources), down=sum(not each.up for each in sources), only=only),
        judged_at=judged.at if judged and judged.earlier else None,
        missing=missing,
        names=[(words.name(each.name), Asked(each.name)) for each in config.sources],
        now=now,
        others=ordered[MOST_CARDS:],
        prometheus=_link(config.links.prometheus).rstrip("/"),
        read_at=read_at,
        trouble=wrong,
        version=__version__,
    )
    return Made(_joined(parts, rest), 404 if missing else 200, now if read_at is None else read_at)


def _joined(parts: Iterator[str], rest: Callable[[], None]) -> str:
    written: list[str] = []
    for index, part in enumerate(parts):
        if not index % PARTS_AT_A_TIME:
            rest()
        written.append(part)
    return "".join(written)


def _judged(config: Config, snapshots: Sequence[Snapshot]) -> Judged | None:
    """What the alerts say; None, and a word in the log, where they cannot be judged: the rest is shown still."""
    # Here, since a scrape needs none of the libraries that this brings along.
    from jobqueue_exporter.web import shelf

    try:
        return shelf.of(config).judged(snapshots)
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
