"""The job engines that we can read: a module for each name in `config.engines.ENGINES`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import msgspec

from jobqueue_exporter import dsn
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.engines import checkups, detection
from jobqueue_exporter.engines.engine import Engine
from jobqueue_exporter.engines.operations import Operator
from jobqueue_exporter.engines.protocol import Finding, Proposal, Reader, Status
from jobqueue_exporter.errors import ConfigError, Refused, SourceError


def engine(name: str) -> Engine:
    """The engine of this name. Raises ConfigError when a library that it needs is not installed."""
    try:
        module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        extra = ENGINES[name]
        raise ConfigError(
            f"engine {name} needs the library {error.name}: pip install 'jobqueue-exporter[{extra}]'"
        ) from error
    found: Engine = module.ENGINE
    return found


def reader(source: Source) -> Reader:
    """The reader of a source. Raises ConfigError when a library is not installed."""
    if source.engine is None and dsn.kind(source.dsn) == "postgresql":
        return detection.Detecting(source, _recognised, _unread)
    return _recognised(source)


def operator(source: Source) -> Operator:
    """Who acts on the jobs of a source.

    Raises:
        Refused: its engine changes no jobs.
        SourceError: the source cannot be reached.
    """
    known = named(source)
    found = engine(str(known.engine))
    if found.operator is None:
        raise Refused(f"source {source.name}: jobs of engine {known.engine} cannot be listed or changed from here")
    return found.operator(known)


def checkup(source: Source) -> Iterator[Finding]:
    """What `jobqueue doctor` says of a source, finding by finding."""
    yield from checkups.of(source, named, engine)
    if source.engine is None:
        with suppress(SourceError):
            yield from (Finding(Status.INFO, "tables", text) for text in _unread(source, str(named(source).engine)))


def propose(source: Source) -> Proposal:
    """A source's configuration as we would write it. Raises SourceError."""
    known = named(source)
    found = engine(str(known.engine))
    made = found.propose(known) if found.propose else checkups.propose(known, found.reader(known))
    unread = _unread(source, str(known.engine)) if source.engine is None else ()
    return replace(made, notices=(*made.notices, *unread))


def role(source: Source) -> tuple[str, ...]:
    """The least rights that reading a source needs, as statements for an administrator. Raises SourceError."""
    known = named(source)
    found = engine(str(known.engine))
    if found.role is None:
        return (f"-- engine {known.engine} prints no role; `jobqueue sql` shows what it sends",)
    return found.role(known)


def writer(source: Source) -> tuple[str, ...]:
    """The least rights that changing the jobs of a source needs, as statements for an administrator. Raises
    SourceError."""
    known = named(source)
    found = engine(str(known.engine))
    if found.writer is None:
        return (f"-- engine {known.engine} prints no role that may change jobs",)
    return found.writer(known)


def guards(source: Source) -> str:
    """What is sent before a reading; empty where nothing is. Raises SourceError."""
    known = named(source)
    found = engine(str(known.engine))
    return found.guards(known) if found.guards else ""


def named(source: Source) -> Source:
    """The source with its engine, looked up if need be. Raises SourceError."""
    if source.engine is not None:
        return source
    return msgspec.structs.replace(source, engine=EngineName(detection.detected(source, tables())))


def tables() -> dict[str, frozenset[str]]:
    """The tables by which engines on Postgres are recognised, by the name of the engine."""
    return {name: engine(name).tables for name, kind in ENGINES.items() if kind == "postgresql"}


def _recognised(source: Source) -> Reader:
    known = named(source)
    return engine(str(known.engine)).reader(known)


def _unread(source: Source, name: str) -> tuple[str, ...]:
    """What to say of jobs in a source on Postgres that the engine of this name does not read."""
    takes = engine(detection.OWN_TABLE).takes
    if takes is None or name == detection.OWN_TABLE or dsn.kind(source.dsn) != "postgresql":
        return ()
    return detection.unread(source, takes)
