"""What an engine is to the rest of the house: what it declares, and what it makes for a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Operation, Operator
from jobqueue_exporter.engines.protocol import Finding, Proposal, Reader
from jobqueue_exporter.model import Signal, State
from jobqueue_exporter.sources.postgres import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What people should know of an engine: its row in `exporter/README.md`.

    `states` and `signals` are the most that it can tell; a single source may tell less.
    """

    title: str
    states: frozenset[State]
    signals: frozenset[Signal]
    index: str
    requeue: str
    tested: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One job engine: the module `engines/<name>` holds it as `ENGINE`. Only a reader must be there.

    `tables` tell a Postgres database of this engine from others: all of them are in one schema. `checkup` and
    `propose` replace what any reader gives `jobqueue doctor` and `init`. `role`, `writer` and `guards`
    are what `jobqueue sql` prints: the least rights that readings need, and changes, and what is sent before a
    reading. `takes` names the relations of a Postgres database that look like its own. `forgets` says of
    operations, but for deletion, that they leave nothing of a job.
    """

    about: About
    reader: Callable[[Source], Reader]
    operator: Callable[[Source], Operator] | None = None
    operations: frozenset[Operation] = frozenset()
    forgets: Mapping[Operation, str] = field(default_factory=dict)
    tables: frozenset[str] = frozenset()
    checkup: Callable[[Source], Iterator[Finding]] | None = None
    propose: Callable[[Source], Proposal] | None = None
    role: Callable[[Source], tuple[str, ...]] | None = None
    writer: Callable[[Source], tuple[str, ...]] | None = None
    guards: Callable[[Source], str] | None = None
    takes: Callable[[Session], tuple[str, ...]] | None = None
