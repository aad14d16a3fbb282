"""The operators of the sources that a command is about, opened and closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli.next_command import Commands
from jobqueue_exporter.errors import ConfigError, JobQueueError, SourceError

if TYPE_CHECKING:
    from jobqueue_exporter.config.types import Config, Source
    from jobqueue_exporter.engines.operations import Detail, Operation, Operator
    from jobqueue_exporter.operate.meaning import Meaning


@dataclass(frozen=True, slots=True)
class Opened:
    """One source, who acts on its jobs, what of that its engine offers, and `path`: the configuration as named."""

    source: Source
    operator: Operator
    offers: frozenset[Operation]
    config: Config
    path: Path | None = None

    @property
    def name(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def named(self) -> str | None:
        """The name to put into commands; None where there is only one source."""
        return self.name if len(self.config.sources) > 1 else None

    @property
    def commands(self) -> Commands:
        """Commands about this source."""
        return Commands(self.path, self.named)

    def meaning(self, detail: Detail) -> Meaning:
        """What the state of one of its jobs means."""
        from jobqueue_exporter.config.policy import policy
        from jobqueue_exporter.operate import meaning

        job, live = detail.job, detail.more.get("job_id", "") if detail.job.recovery else ""
        return meaning.of(job, policy(self.config, self.name, job.lane), detail.now, self.offers, live)


@dataclass(slots=True)
class Operators:
    """The sources whose jobs can be acted on, and those that failed."""

    opened: tuple[Opened, ...] = ()
    failed: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Opened]:
        return iter(self.opened)

    def lost(self, source: str, error: SourceError) -> None:
        """Says on stderr that this source could not be asked, and remembers it."""
        click.echo(f"{source}: {error}", err=True)
        if source not in self.failed:
            self.failed.append(source)

    def found(self, job_id: str) -> tuple[Opened, Detail]:
        """The job of this id, and its source.

        Raises:
            ConfigError: several sources have one of this id.
            JobQueueError: none has.
        """
        hits: list[tuple[Opened, Detail]] = []
        for one in self.opened:
            try:
                detail = one.operator.inspect(job_id)
            except SourceError as error:
                self.lost(one.name, error)
                continue
            hits += [(one, detail)] if detail is not None else []
        if not hits:
            raise JobQueueError(self._missing(job_id))
        if len(hits) > 1:
            names = ", ".join(one.name for one, _ in hits)
            raise ConfigError(f"{_shown(job_id)} is in several sources, name one: --source NAME; it is in: {names}")
        return hits[0]

    def _missing(self, job_id: str) -> str:
        asked = [one.name for one in self.opened if one.name not in self.failed]
        text = f"there is no job {_shown(job_id)} in {', '.join(asked)}" if asked else f"{_shown(job_id)} was not found"
        return f"{text}; not asked: {', '.join(self.failed)}" if self.failed else text


@contextmanager
def operators(config: Config, names: Sequence[str], path: Path | None = None) -> Iterator[Operators]:
    """The operators of these sources, or of all, closed at the end; `path` is the configuration that was named.
    Sources that have none are told on stderr.

    Raises:
        ConfigError: a name is not that of a source, or a library that an engine needs is not installed.
        JobQueueError: no source is left.
    """
    from jobqueue_exporter.cli.sources import chosen

    made = Operators()
    sources = chosen(config, names)
    reasons = []
    with ExitStack() as stack:
        for source in sources:
            try:
                one = _opened(config, source, path)
            except _HasNone as error:
                reasons.append(str(error))
            except SourceError as error:
                made.failed.append(source.name)
                reasons.append(f"{source.name}: {error}")
            else:
                stack.callback(one.operator.close)
                made.opened = (*made.opened, one)
        if not made.opened:
            raise JobQueueError("\n".join(reasons))
        for reason in reasons:
            click.echo(reason, err=True)
        yield made


class _HasNone(JobQueueError):
    """The engine of a source has no operator."""


def _opened(config: Config, source: Source, path: Path | None) -> Opened:
    """A source with its operator. Raises _HasNone, and SourceError when its engine cannot be told."""
    from jobqueue_exporter import engines

    known = engines.named(source)
    engine = engines.engine(str(known.engine))
    if engine.operator is None:
        raise _HasNone(f"{source.name}: jobs of engine {known.engine} cannot be seen one by one")
    return Opened(known, engine.operator(known), engine.operations, config, path)


def _shown(job_id: str) -> str:
    from jobqueue_exporter.masking import line

    return line(job_id, 80)
