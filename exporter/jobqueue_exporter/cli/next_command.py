"""Commands as a person can paste them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

_GROUPS = frozenset({"jobs", "workers", "dlq"})
_LONGEST = 2_000
_UNFIT = "(the command is no text that can be pasted, for what it names; --output json has it)"


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands that act where this one does: `config` is the configuration that was named, `source` the name of the
    source where there are several."""

    config: Path | None = None
    source: str | None = None

    def pasted(self, words: str) -> str:
        """The command of these words, as in `dlq inspect ID`, with our name, configuration and source before them."""
        split = words.split(" ")
        size = 2 if split[0] in _GROUPS else 1
        config = ["--config", shlex.quote(str(self.config))] if self.config else []
        source = ["--source", shlex.quote(self.source)] if self.source else []
        return " ".join(["jobqueue", *split[:size], *config, *source, *split[size:]])


def shown(command: str) -> str:
    """The command where it is fit for a terminal, to the letter; else that it is not: a changed one finds nothing."""
    return command if command.isprintable() and len(command) <= _LONGEST else _UNFIT
