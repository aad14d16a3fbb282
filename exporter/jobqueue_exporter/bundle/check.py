"""All that is wrong with alerts, their runbooks and their tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jobqueue_exporter import paths
from jobqueue_exporter.bundle import burn, expressions, page_checks, pairs, rendering, runbooks, wording
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.page_checks import CommandProblem
from jobqueue_exporter.bundle.spec import TOPICS, Spec
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.errors import ConfigError


def problems(
    bundle: Bundle, config: Config, command_problem: CommandProblem, tests: Path | None
) -> tuple[tuple[str, ...], ...]:
    """What is wrong, by what it is about: expressions, words, the configuration, runbooks, tests. `tests` is the
    folder of promtool tests of our own alerts, where there is one."""
    pages = runbooks.pages(bundle)
    ours = tuple(spec for spec in bundle.specs if spec.topic in TOPICS)
    return (
        tuple(problem for spec in bundle.specs for problem in expressions.problems(spec)),
        tuple(wording.problems(bundle.specs)),
        tuple(_configured(bundle, config)),
        (*pairs.sections(_with_pages(bundle), pages), *page_checks.problems(pages, bundle, command_problem)),
        tuple(pairs.tests(ours, tests) if tests else ()),
    )


def tests_of_a_checkout() -> Path | None:
    """The folder of promtool tests beside our alerts; None where they are installed, since it is not shipped."""
    folder = Path(str(paths.data("alerts"))).parent / "tests/alerts"
    return folder if folder.is_dir() else None


def _configured(bundle: Bundle, config: Config) -> Iterator[str]:
    """What is wrong with the alerts as this configuration has them, beside what is wrong with their specs."""
    yield from burn.problems(bundle, config)
    try:
        rendering.files(bundle.specs, bundle.settings, bundle.owners)
    except ConfigError as error:
        yield from (problem for problem in error.problems if problem.startswith("alerts."))


def _with_pages(bundle: Bundle) -> tuple[Spec, ...]:
    """The alerts whose runbooks we serve: those of somebody's own may be elsewhere."""
    return tuple(spec for spec in bundle.specs if spec.topic in TOPICS or bundle.settings.ours)
