"""What every engine declares, and what it says of a library that is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jobqueue_exporter import engines
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.engines.__main__ import README, readme, table
from jobqueue_exporter.engines.operations import Operation, Order
from jobqueue_exporter.errors import Refused, Unreachable
from jobqueue_exporter.secret import Secret

ADDRESSES = {"postgresql": "host=nowhere.invalid", "redis": "redis://nowhere.invalid", "http": "http://nowhere.invalid"}
_WITHOUT_LIBRARIES = """
import sys
for name in ("redis", "requests"):
    sys.modules[name] = None
from jobqueue_exporter import engines
from jobqueue_exporter.errors import ConfigError
try:
    engines.engine(sys.argv[1])
except ConfigError as error:
    print(error)
"""


def source(name: str) -> Source:
    return Source(name="a", dsn=Secret(ADDRESSES[ENGINES[name]]), engine=EngineName(name))


@pytest.mark.parametrize("name", ENGINES)
def test_a_reader_knows_its_engine_and_promises_no_more_than_the_engine_can(name: str) -> None:
    reader = engines.reader(source(name))
    try:
        assert reader.engine == name
        assert {signal for signal, can in reader.signals.items() if can} <= engines.engine(name).about.signals
    finally:
        reader.close()


@pytest.mark.parametrize("name", ENGINES)
def test_who_declares_operations_can_do_them(name: str) -> None:
    found = engines.engine(name)
    assert bool(found.operations) == (found.operator is not None)


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("name", [name for name in ENGINES if engines.engine(name).operator is not None])
def test_what_is_declared_is_tried_and_all_else_refused_unasked(name: str, operation: Operation) -> None:
    offered = operation in engines.engine(name).operations
    operator = engines.operator(source(name))
    try:
        with pytest.raises(Unreachable if offered else Refused):
            list(operator.change(Order(operation=operation, who="ann"), ["1"]))
    finally:
        operator.close()


@pytest.mark.parametrize("name", [name for name in ENGINES if engines.engine(name).operator is None])
def test_who_declares_none_says_so(name: str) -> None:
    with pytest.raises(Refused, match=f"source a: jobs of engine {name} cannot be listed or changed from here"):
        engines.operator(source(name))


@pytest.mark.parametrize("name", [name for name, kind in ENGINES.items() if kind != "postgresql"])
def test_an_engine_without_its_library_says_what_to_install(name: str) -> None:
    command = [sys.executable, "-c", _WITHOUT_LIBRARIES, name]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": "exporter"}).stdout
    library = "redis" if ENGINES[name] == "redis" else "requests"
    assert told == f"engine {name} needs the library {library}: pip install 'jobqueue-exporter[{ENGINES[name]}]'\n"


def test_the_table_of_engines_is_as_the_code_has_it() -> None:
    assert readme(README.read_text()) == README.read_text()
    assert [line.split("`")[1] for line in table().splitlines()[2:]] == list(ENGINES)
