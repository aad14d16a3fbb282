"""The pages under /runbooks/: what to do about an alert, and how the lane in the link is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from jobqueue_exporter.config.types import Config
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.landing import HEADERS

if TYPE_CHECKING:
    from jobqueue_exporter.web.shelf import Shelf

LONGEST_SHOWN = 200
UNTOLD = "The source cannot be read: the exporter's log says why."
NO_SOURCE = "This exporter reads no source of that name."
NOTHING = "The source tells nothing of what this alert looks at, for these labels."


def answer(config: Config, name: str, lane: Mapping[str, str], snapshots: Sequence[Snapshot]) -> Response:
    """The page of that name, or the list of all for an empty one; 404 and the list where there is no such page.

    `lane` is what the link says of source, queue and kind; `snapshots` has that source's, if there is such a source.
    May take a while: not for an event loop.
    """
    # Here, since most exporters never show a runbook: these bring libraries along that no scrape needs.
    from jobqueue_exporter.web import shelf

    shown = shelf.of(config)
    page = shown.pages.get(name)
    if page is None:
        return _listed(shown, up="../" * (name.count("/") + 1), missing=bool(name))
    present = _Present(shown, lane, snapshots[0] if snapshots else None)
    article = Markup(shown.html(page, present.html if lane.get("source") else None))  # HTML is off in its Markdown
    text = _template("runbook.html", title=page.title, article=article, up="../" * (name.count("/") + 1), missing=False)
    return HTMLResponse(text, headers=HEADERS)


def _listed(shown: Shelf, *, up: str, missing: bool) -> Response:
    pages = tuple(shown.pages.values())
    text = _template(
        "runbook.html", title="Runbooks", article=None, pages=pages, slug=shown.slug, up=up, missing=missing
    )
    return HTMLResponse(text, 404 if missing else 200, HEADERS)


class _Present:
    """How a lane is now, for the section of each alert."""

    def __init__(self, shown: Shelf, lane: Mapping[str, str], snapshot: Snapshot | None) -> None:
        self._shelf = shown
        self._lane = lane
        self._snapshot = snapshot

    def html(self, section: str) -> str:
        """What stands under the heading of a section; nothing where it is of no alert."""
        selected = self._shelf.selected(section)
        if not selected:
            return ""
        values = self._shelf.values(selected, self._snapshot, self._lane) if self._snapshot else ()
        why = NO_SOURCE
        if self._snapshot is not None:
            why = ("" if values else NOTHING) if self._snapshot.up else UNTOLD
        lane = {label: _cut(value) for label, value in self._lane.items()}
        return _template("present.html", lane=lane, why=why, values=values)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _template(name: str, **words: object) -> str:
    return _environment().get_template(name).render(words)


@cache
def _environment() -> Environment:
    loader = PackageLoader("jobqueue_exporter.web")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
