"""Every error that we raise on purpose.

JobQueueError
├── ConfigError          the configuration, or the use of a command, is wrong (exit 2)
└── SourceError          a source cannot be read; costs that source's series only (exit 1)
    ├── Unreachable      no connection: tried again at the next scrape
    │   └── InDoubt      it broke while a change was being committed
    ├── TimedOut         it answered too late: backed off before it is tried again
    └── Refused          it answers, but not this: rights, a missing table, a bad mapping
"""

from __future__ import annotations


class JobQueueError(Exception):
    """Something that a person can put right; its text is shown as it is, without a traceback."""


class ConfigError(JobQueueError):
    """The configuration cannot be used.

    `problems` holds one line for each thing to mend, as `file:line: path: what and the way out`.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SourceError(JobQueueError):
    """A source cannot be read. The text never holds a password or a whole DSN."""


class Unreachable(SourceError):
    """No connection could be made, or it broke."""


class InDoubt(Unreachable):
    """The connection broke while a change was being committed: it may be in force or not."""


class TimedOut(SourceError):
    """The source took longer than its time limit."""


class Refused(SourceError):
    """The source answers, but will not or cannot give what was asked."""
