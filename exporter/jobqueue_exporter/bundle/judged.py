"""What makes alerts unfit to be rendered: rules that would never fire as they should, or without a runbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobqueue_exporter.bundle import burn, expressions, pairs, rules, runbooks, wording
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.bundle.spec import TOPICS
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.errors import ConfigError


def specs(bundle: Bundle) -> Iterator[str]:
    """What is wrong with the alerts as their specs have them, with file and line."""
    yield from (problem for spec in bundle.specs for problem in expressions.problems(spec))
    yield from wording.problems(bundle.specs)
    yield from sections(bundle, runbooks.pages(bundle))


def sections(bundle: Bundle, pages: Sequence[Page]) -> Iterator[str]:
    """Alerts without a section in a runbook, and sections without an alert. Runbooks of somebody's own may be
    elsewhere."""
    served = tuple(spec for spec in bundle.specs if spec.topic in TOPICS or bundle.settings.ours)
    yield from pairs.sections(served, pages)


def changes(bundle: Bundle, config: Config) -> Iterator[str]:
    """What is wrong with the alerts as the configuration has them; what it says itself begins with `alerts.` or
    `queues`."""
    try:
        rules.groups(bundle.specs, bundle.settings)
    except ConfigError as error:
        yield from error.problems
    else:
        yield from burn.problems(bundle, config)
