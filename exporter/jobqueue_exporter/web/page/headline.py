"""How all sources are, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter.web.page import words
from jobqueue_exporter.web.page.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence, how bad it is (critical, warning or ok), and the number of things that need somebody."""

    text: str
    tone: str
    count: int


def headline(trouble: Trouble, *, sources: int, down: int, only: str) -> Headline:
    """What the top of the page says of so many sources, `down` of which cannot be read; `only` names a single one."""
    where = only or words.many(sources, "source")
    count = trouble.critical + trouble.warnings
    text = _needs(trouble) if count else f"All is well in {where}"
    if down and (sources > 1 or not count):
        text += f"; {down:,} of {words.many(sources, 'source')} cannot be read"
    if not trouble.judged:
        text += "; the alerts could not be judged"
    critical = bool(trouble.critical or down)
    tone = "critical" if critical else "warning" if trouble.warnings or not trouble.judged else "ok"
    return Headline(f"{text}.", tone, count)


def _needs(trouble: Trouble) -> str:
    now, look = trouble.critical, trouble.warnings
    if not now:
        return f"{_things(look, trouble.warning_places)} a look"
    person = f"{_things(now, trouble.critical_places)} a person now"
    return f"{person}, {look:,} a look" if look else person


def _things(number: int, places: int) -> str:
    where = f" in {places:,} places" if places > number else ""
    return f"{words.many(number, 'thing')}{where} {'needs' if number == 1 else 'need'}"
