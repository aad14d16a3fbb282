"""What `jobqueue --help` costs, and that it leaves database drivers alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

DRIVERS = frozenset({"asyncpg", "psycopg", "psycopg2", "psycopg_binary", "redis", "sqlite3"})
_RUNS = 5

_IMPORTED = """
import sys
from jobqueue_exporter.cli import main
try:
    main(["--help"])
except SystemExit:
    print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def seconds() -> float:
    """The median wall-clock time of `jobqueue --help`."""
    return statistics.median(_once() for _ in range(_RUNS))


def drivers() -> set[str]:
    """The database drivers that `jobqueue --help` imports. Raises CalledProcessError."""
    done = subprocess.run([sys.executable, "-c", _IMPORTED], capture_output=True, text=True, check=True)
    modules = set(done.stderr.split())
    assert "jobqueue_exporter" in modules, done.stderr
    return modules & DRIVERS


def _once() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "jobqueue_exporter", "--help"], capture_output=True, check=True)
    return time.perf_counter() - start
