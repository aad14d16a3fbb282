"""The runbooks of a configuration, read once and kept until it changes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from types import MappingProxyType

import msgspec

from jobqueue_exporter.bundle import anchors, configured, expressions, present, runbooks
from jobqueue_exporter.bundle.anchors import Layout
from jobqueue_exporter.bundle.moment import Found, Moment
from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.bundle.present import Value
from jobqueue_exporter.bundle.selectors import Selected
from jobqueue_exporter.config.types import Alerts, Config
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.courtesy import SCRAPES
from jobqueue_exporter.web.judgements import Judged, Judgements
from jobqueue_exporter.web.runbook import about
from jobqueue_exporter.web.runbook.about import About


class Shelf:
    """Pages by name, their words filled in, and what each alert looks at. May be used by several threads.

    Raises ConfigError: what the configuration says of alerts cannot be used.
    """

    def __init__(self, config: Config) -> None:
        bundle = self._bundle = configured.bundle(config)
        self._written = {page.name: page for page in runbooks.pages(bundle)}
        self.pages: Mapping[str, Page] = {name: runbooks.told(page, bundle) for name, page in self._written.items()}
        self.slug = anchors.slug
        self._specs = {spec.name: spec for spec in bundle.specs}
        self._selected = lru_cache(maxsize=None)(lambda name: expressions.selected(self._specs[name]))

    def layout(self, page: Page, query: str) -> Layout:
        """The page as HTML in parts, with this query, ? included, in its links to other pages."""
        return anchors.layout(page, query)

    def told(self, name: str, lane: Mapping[str, str]) -> Page | None:
        """The page of that name in the words for this lane; None where there is none."""
        page = self.pages.get(name)
        if page is None or not any(rule.overrides for rule in self._bundle.settings.alerts.rules.values()):
            return page
        return runbooks.told(self._written[name], self._bundle, lane)

    def alert(self, section: str, lane: Mapping[str, str] = MappingProxyType({})) -> About | None:
        """What the configuration makes of the alert of this section for this lane; None where it is of no alert."""
        spec = self._specs.get(section)
        return about.of(spec, self._bundle.settings, lane) if spec else None

    def selected(self, section: str) -> tuple[Selected, ...]:
        """Which series the alert of this section looks at; none where it is of no alert. Raises ConfigError."""
        return self._selected(section) if section in self._specs else ()

    def values(self, selected: tuple[Selected, ...], snapshot: Snapshot, lane: Mapping[str, str]) -> tuple[Value, ...]:
        """What a snapshot tells of these series for that lane."""
        return present.values(selected, snapshot, lane)

    def problems(self, snapshots: Sequence[Snapshot]) -> Found:
        """What is wrong now by these readings: the alerts whose conditions hold. See `judged`."""
        return self.judged(snapshots).found

    def judged(self, snapshots: Sequence[Snapshot]) -> Judged:
        """The same, and when that was; where judging takes long it may be by earlier readings of these sources."""
        return self._judgements.of(snapshots)

    @cached_property
    def _judgements(self) -> Judgements:
        moment = Moment(self._bundle)
        return Judgements(lambda snapshots: moment.problems(snapshots, rest=SCRAPES.rests()))


log = logging.getLogger(__name__)
_lock = threading.Lock()
_latest: tuple[Config, Shelf] | None = None


def of(config: Config) -> Shelf:
    """The shelf of this configuration; where what it says of alerts cannot be used, as if it said nothing of them."""
    global _latest  # noqa: PLW0603 - there is one configuration in force, and one shelf of it
    with _lock:
        if _latest is None or _latest[0] is not config:
            _latest = (config, _made(config))
        return _latest[1]


def _made(config: Config) -> Shelf:
    try:
        return Shelf(config)
    except ConfigError as error:
        log.error("runbooks are shown without what the configuration says of alerts: %s", error)
        return Shelf(msgspec.structs.replace(config, alerts=Alerts()))
