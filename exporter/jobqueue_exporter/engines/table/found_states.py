"""What a configuration must say of the values of a state column, and no more."""

from __future__ import annotations

from jobqueue_exporter.engines.table import observed
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.words import shown

# A job in one of these must be counted from its first day on, though none was seen yet.
_COUNTED = ("waiting", "running", "retry", "dead_letter")


def unmapped(jobs: Layout) -> tuple[str, ...]:
    """The values that were seen and mean nothing to us."""
    known = {word for words in jobs.states.values() for word in words}
    return tuple(sorted(set(jobs.observed) - known))


def listed(jobs: Layout) -> dict[str, list[str]]:
    """Words by meaning: those that were seen, and the usual ones of what must be counted, where none was seen or
    not all that there are could be.

    To name a retry is to say that retries can be told, which a guess does not.
    """
    found = {meaning: [word for word in words if word in jobs.observed] for meaning, words in jobs.states.items()}
    rows = jobs.relation.rows_estimate
    all_seen = jobs.complete or (rows is not None and rows <= observed.SMALL_ROWS)
    for meaning in _COUNTED:
        if not (found[meaning] and all_seen) and (meaning != "retry" or jobs.tells_retries):
            found[meaning] = list(dict.fromkeys([*found[meaning], *jobs.states[meaning]]))
    return {meaning: words for meaning, words in found.items() if words}


def told(jobs: Layout) -> str:
    """What the values that were seen mean by their usual meaning, in one line."""
    found = [
        f"{_plain(word)} = {meaning}"
        for meaning, words in jobs.states.items()
        for word in words
        if word in jobs.observed
    ]
    return f"states as found: {', '.join(found) or 'none yet; usual words are understood'}"


def example(words: tuple[str, ...]) -> str:
    """How to say what the first of these values means, for one who does not know the keys."""
    first, listed = _plain(words[0]), ", ".join(map(_plain, words))
    verb = "means" if len(words) == 1 else "mean"
    return (
        f"say what {listed} {verb}, as in `blocked: [{first}]` if such jobs wait for something other than time, or "
        f"`finished: [{first}]` if they are over"
    )


def _plain(word: str) -> str:
    return word if word.isidentifier() and word.isascii() else shown(word)
