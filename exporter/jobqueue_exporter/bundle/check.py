"""All that is wrong with alerts, their runbooks and their tests."""

from __future__ import annotations

from pathlib import Path

from jobqueue_exporter import paths
from jobqueue_exporter.bundle import expressions, judged, page_checks, pairs, runbooks, wording
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.page_checks import CommandProblem
from jobqueue_exporter.bundle.spec import TOPICS
from jobqueue_exporter.config.types import Config


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
        tuple(judged.changes(bundle, config)),
        (*judged.sections(bundle, pages), *page_checks.problems(pages, bundle, command_problem)),
        tuple(pairs.tests(ours, tests) if tests else ()),
    )


def tests_of_a_checkout() -> Path | None:
    """The folder of promtool tests beside our alerts; None where they are installed, since it is not shipped."""
    folder = Path(str(paths.data("alerts"))).parent / "tests/alerts"
    return folder if folder.is_dir() else None
