"""The pages under /runbooks/: what to do about an alert, and how the lane in the link is now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from jobqueue_exporter.bundle import aimed
from jobqueue_exporter.bundle.anchors import Laid
from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import files, shelf
from jobqueue_exporter.web.headers import HEADERS
from jobqueue_exporter.web.page import words
from jobqueue_exporter.web.runbook.about import About
from jobqueue_exporter.web.runbook.nearest import nearest
from jobqueue_exporter.web.runbook.now import Now, Present
from jobqueue_exporter.web.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Entry:
    """A section of a page, with its alert and how that is now where it is of one."""

    laid: Laid
    about: About | None
    now: Now | None


def looks(config: Config, name: str) -> bool:
    """Whether the page of that name tells how alerts are now. May take a while: not for an event loop."""
    shown = shelf.of(config)
    page = shown.pages.get(name)
    return page is not None and any(shown.alert(section.name) for section in page.sections)


def answer(config: Config, name: str, lane: Mapping[str, str], snapshots: Sequence[Snapshot]) -> Response:
    """The page of that name, or the list of all for an empty one; 404 and the list where there is no such page.

    `lane` is what the link says of source, queue and kind; `snapshots` has that source's, if there is such a source, or
    those of all where the link names none. May take a while: not for an event loop.
    """
    shown = shelf.of(config)
    page = shown.told(name, lane)
    return _listed(shown, name) if page is None else _shown(shown, page, lane, snapshots)


def _shown(shown: Shelf, page: Page, lane: Mapping[str, str], snapshots: Sequence[Snapshot]) -> Response:
    layout = shown.layout(aimed.page(page, lane), f"?{urlencode(lane, errors='replace')}" if lane else "")
    present = Present(shown, lane, snapshots)
    entries = []
    for laid in layout.sections:
        about = shown.alert(laid.name, lane)
        entries.append(Entry(laid, about, present.now(laid.name, about) if about else None))
    text = _template(
        "runbook_page.html",
        entries=entries,
        lane={label: words.name(value) for label, value in lane.items() if value},
        opening=layout.opening,
        own=quote(page.name.rpartition("/")[2]),
        present=present,
        title=page.title,
        up="../" * (page.name.count("/") + 1),
    )
    return HTMLResponse(text, headers=HEADERS)


def _listed(shown: Shelf, asked: str) -> Response:
    pages = tuple(shown.pages.values())
    text = _template(
        "runbook_list.html",
        about=shown.alert,
        missing=bool(asked),
        nearest=nearest(asked, shown.pages) if asked else None,
        procedures=[page for page in pages if page.name.startswith("procedures/")],
        slug=shown.slug,
        title="Runbooks",
        topics=[page for page in pages if not page.name.startswith("procedures/")],
        up="../" * (asked.count("/") + 1),
    )
    return HTMLResponse(text, 404 if asked else 200, HEADERS)


def _template(name: str, **told: object) -> str:
    return _environment().get_template(name).render(now=time.time(), **told)


@cache
def _environment() -> Environment:
    loader = PackageLoader("jobqueue_exporter.web")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"machine": words.machine, "clock": words.clock}
    made.globals["static"] = files.address
    return made
