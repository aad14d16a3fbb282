"""Why a job is dead: rules over its error text, those of the source first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobqueue_exporter.config.types import CauseRule
from jobqueue_exporter.model import Cause

TEXT_LENGTH = 1000

# A status code stands alone or after a word such as "HTTP" or "status"; "1400 ms", "400 ms" and "took 503s"
# are durations, "4.400" and "400px" no codes either.
_CODE = r"(?<![\w.,-])(?:{})(?![\w%]|[.,]\d|\s?(?:ms|s|secs?|seconds?|minutes?|min|kb|mb|bytes?|items|rows)\b)"


def _code(*codes: int) -> str:
    return _CODE.format("|".join(str(code) for code in codes))


_DEFAULTS = (
    # An expired credential is not the user's fault, so 401 and 403 are for those who run the system.
    (
        Cause.SYSTEM_ERROR,
        rf"\bunauthori[sz]ed\b|\bforbidden\b|\bcredentials?\b|\btoken expired\b|{_code(401, 403)}",
    ),
    (
        Cause.RECOVERABLE,
        r"\btime[d -]?\s?out(?:s|error)?\b|\bETIMEDOUT\b|\bdeadline exceeded\b|\brate.?limit|\btoo many requests\b"
        r"|\btemporar(?:y|ily)\b|\bunavailable\b|\bconnection (?:reset|refused|closed)\b|\bECONN(?:RESET|REFUSED)\b"
        rf"|\btry again\b|{_code(408, 429, 503, 504)}",
    ),
    (
        Cause.USER_ERROR,
        r"\binvalid (?:input|argument|url|format|request)\b|\bvalidation\b|\bbad request\b|(?<!command )\bnot found\b"
        rf"|\bunsupported\b|{_code(400, 404, 410, 415, 422)}",
    ),
    (
        Cause.SYSTEM_ERROR,
        r"\binternal\b|\bunexpected\b|\bcrash(?:ed)?\b|\bout of memory\b|\boom\b|\bkilled\b|\bsegfault\b"
        r"|\bcommand not found\b|\bno such file\b|\bENOENT\b|\bpermission denied\b|exception\b"
        rf"|{_code(500, 502)}",
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
    rules += [(pattern, cause) for cause, pattern in _DEFAULTS]
    return Causes(tuple((re.compile(pattern, re.IGNORECASE), cause) for pattern, cause in rules))
