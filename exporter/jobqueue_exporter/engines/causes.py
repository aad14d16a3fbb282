"""Why a job is dead: rules over its error text, those of the source first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobqueue_exporter.config.types import CauseRule
from jobqueue_exporter.model import Cause

TEXT_LENGTH = 1000

# A status code is a number by itself, whatever word stands before it. "1400 ms", "400 ms" and "took 503s" are
# durations, "4.400", "400px", "400/1000" and "500 of 1000" no codes either.
_CODE = (
    r"(?<![\w.,/-])(?:{})(?![\w%]|[.,/]\d"
    r"|\s?(?:ms|s|secs?|seconds?|minutes?|min|kb|mb|bytes?|items|rows|frames|of)\b)"
)


def _code(*codes: int) -> str:
    return _CODE.format("|".join(str(code) for code in codes))


_EXPIRED = r"\b(?:token|jwt|session|certificate|credentials?|api key)\b.{0,20}\bexpired\b|\bexpired\b.{0,20}\btoken\b"

_DEFAULTS: tuple[tuple[Cause, tuple[str, ...]], ...] = (
    # An expired credential is not the user's fault, so 401 and 403 are for those who run the system.
    (
        Cause.SYSTEM_ERROR,
        (r"\bunauthori[sz]ed|\bforbidden\b|\bcredentials?\b", _EXPIRED, _code(401, 403)),
    ),
    (
        Cause.RECOVERABLE,
        (
            r"time[d_ -]?[ _-]?out(?!put)|\bdeadline exceeded\b|\brate[ _-]?limit|\btoo[ _]?many[ _]?requests",
            r"\btemporar(?:y|ily)\b|\bunavailable\b|service ?unavailable|\btry again\b",
            r"\bconnection (?:was )?(?:reset|refused|closed|aborted)\b",
            r"\bE(?:CONN(?:RESET|REFUSED|ABORTED)|AI_AGAIN|PIPE)\b",
            _code(408, 429, 503, 504),
        ),
    ),
    # A shell says "not found" of a program that is not installed.
    (
        Cause.SYSTEM_ERROR,
        (r"\bcommand not found\b|\bsh: .*: not found\b|\bno such file\b|\bENOENT\b",),
    ),
    (
        Cause.USER_ERROR,
        (
            r"\binvalid[ _](?:input|argument|url|format|request)\b|\bvalidation|\bbad request\b|\bnot found\b",
            r"\bunsupported\b",
            _code(400, 404, 410, 415, 422),
        ),
    ),
    (
        Cause.SYSTEM_ERROR,
        (
            r"\binternal\b|\bunexpected\b|\bcrash(?:ed)?\b|\bout ?of ?memory|\boom(?:killed)?\b|\b(?:killed|sigkill)\b",
            r"\bsegfault|\bsegmentation fault\b|\bpermission denied\b|exception\b",
            _code(500, 502),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Causes:
    """Rules in order; the first that matches says the cause."""

    rules: tuple[tuple[re.Pattern[str], Cause], ...]

    def of(self, error: str | None) -> Cause:
        """The cause that an error text tells of; only its first 1,000 characters are looked at."""
        text = (error or "")[:TEXT_LENGTH]
        return next((cause for rule, cause in self.rules if rule.search(text)), Cause.UNKNOWN)


def causes(configured: Sequence[CauseRule]) -> Causes:
    """The rules of a source, then the default ones; letters match in either case."""
    rules = [(rule.match, rule.cause) for rule in configured]
    rules += [("|".join(patterns), cause) for cause, patterns in _DEFAULTS]
    return Causes(tuple((re.compile(pattern, re.IGNORECASE), cause) for pattern, cause in rules))
