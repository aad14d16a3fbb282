"""A source that is open for a change, beside the others that are configured."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jobqueue_exporter import engines
from jobqueue_exporter.cli.next_command import Commands
from jobqueue_exporter.cli.sources import one
from jobqueue_exporter.config.load import load
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import BATCH, Operation, Operator
from jobqueue_exporter.errors import JobQueueError, Refused


@dataclass(frozen=True, slots=True)
class Place:
    """A source and who acts on its jobs; `path` is the configuration that was named."""

    source: Source
    operator: Operator
    others: tuple[Source, ...] = ()
    path: Path | None = None

    def forgets(self, operation: Operation) -> str:
        """That this operation leaves nothing of a job, where a person might not expect it; empty where it does not."""
        return engines.engine(str(self.source.engine)).forgets.get(operation, "")

    def command(self, words: str, source: str = "") -> str:
        """A command about this source, or another, as a person can paste it; `words` as in `dlq inspect ID`."""
        return Commands(self.path, (source or self.source.name) if self.others else None).pasted(words)

    def elsewhere(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Of ids that this source was said not to have, those that another has, and its name."""
        found: dict[str, str] = {}
        for other in self.others:
            missing = [job_id for job_id in ids if job_id not in found]
            # A source that cannot be asked just now, or whose jobs never can, says nothing of them.
            with suppress(JobQueueError), _operating(other) as operator:
                found |= dict.fromkeys(_known(operator, missing), other.name)
        with suppress(JobQueueError):
            own = _known(self.operator, tuple(found)) if found else frozenset()
            return {job_id: name for job_id, name in found.items() if job_id not in own}
        return {}


@contextmanager
def opened(path: Path | None, name: str | None, operation: Operation) -> Iterator[Place]:
    """The source of this name, open for this operation.

    Raises:
        ConfigError: there is no such source, or there are several and none is named.
        Refused: its engine does not offer the operation.
        SourceError: the source cannot be reached.
    """
    config = load(path, os.environ)
    source = engines.named(one(config, name))
    _refuse(source, operation)
    others = tuple(other for other in config.sources if other.name != source.name)
    with _operating(source) as operator:
        yield Place(source, operator, others, path)


def _refuse(source: Source, operation: Operation) -> None:
    engine = engines.engine(str(source.engine))
    if engine.operator is not None and operation in engine.operations:
        return
    offered = ", ".join(sorted(engine.operations)) if engine.operator else ""
    way_out = f"it offers {offered}" if offered else "use what its own application offers"
    raise Refused(f"source {source.name}: engine {source.engine} does not offer {operation} from here; {way_out}")


@contextmanager
def _operating(source: Source) -> Iterator[Operator]:
    with ExitStack() as stack:
        operator = engines.operator(source)
        stack.callback(operator.close)
        yield operator


def _known(operator: Operator, ids: Sequence[str]) -> frozenset[str]:
    batches = (ids[first : first + BATCH] for first in range(0, len(ids), BATCH))
    return frozenset(job.id for batch in batches for job in operator.look(batch))
