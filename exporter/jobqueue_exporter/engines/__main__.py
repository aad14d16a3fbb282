"""Prints exporter/README.md with its table of engines as the code has it."""

from __future__ import annotations

import sys
from pathlib import Path

from jobqueue_exporter import engines
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.engines.engine import Engine
from jobqueue_exporter.model import Signal, State

README = Path(__file__).resolve().parents[2] / "README.md"
_BEGIN, _END = "<!-- engines: made by `make generated` -->\n", "<!-- end of engines -->\n"
_HEAD = """\
| engine | for | states | what else it tells | index that serves it | how dead jobs are requeued | tested with |
| --- | --- | --- | --- | --- | --- | --- |
"""


def table() -> str:
    """A row for each engine."""
    return _HEAD + "".join(_row(name, engines.engine(name)) for name in ENGINES)


def readme(text: str) -> str:
    """The text with the table between its marks made anew."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{table()}{_END}{after}"


def _row(name: str, engine: Engine) -> str:
    about = engine.about
    cells = (
        f"`{name}`",
        about.title,
        _listed([state for state in State if state in about.states]),
        _listed([signal for signal in Signal if signal in about.signals]),
        about.index,
        about.requeue,
        about.tested,
    )
    return f"| {' | '.join(cells)} |\n"


def _listed(words: list[State] | list[Signal]) -> str:
    return ", ".join(words).replace("_", " ") or "none"


if __name__ == "__main__":
    sys.stdout.write(readme(README.read_text(encoding="utf-8")))
