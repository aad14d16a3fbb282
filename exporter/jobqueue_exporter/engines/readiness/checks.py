"""The single checks in the JSON of a readiness endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jobqueue_exporter.sources.http_answer import Json

MOST_CHECKS = 50
_LONGEST_NAME = 63
_MOST_NAMED = 5
_NOT_CHECKS = frozenset({"ok", "status", "checks", "queue"})


@dataclass(frozen=True, slots=True)
class Checks:
    """Every check that says true or false, and a line for each reason why others are not told."""

    found: Mapping[str, bool]
    notices: tuple[str, ...] = ()

    @property
    def told(self) -> Mapping[str, bool]:
        """The first of them."""
        return dict(list(self.found.items())[:MOST_CHECKS])


def checks(body: Mapping[str, Json]) -> Checks:
    """Those under `checks`, the warning of the queue, and what stands alone with an `ok` of its own."""
    found: dict[str, bool] = {}
    unclear: list[str] = []
    for name, part in _parts(body):
        ok = part.get("ok") if isinstance(part, dict) else part
        if isinstance(ok, bool) and 0 < len(name) <= _LONGEST_NAME:
            found[name] = ok
        else:
            unclear.append(name)
    queue = body.get("queue")
    if isinstance(queue, dict) and "warning" in queue:
        if isinstance(warning := queue["warning"], bool | None):
            found.setdefault("queue", not warning)
        else:
            unclear.append("queue")
    return Checks(found, tuple(_notices(body, found, unclear)))


def _parts(body: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    given = body.get("checks")
    yield from given.items() if isinstance(given, dict) else ()
    for name, part in body.items():
        if name not in _NOT_CHECKS and isinstance(part, dict) and "ok" in part:
            yield name, part


def _notices(body: Mapping[str, Json], found: Mapping[str, bool], unclear: list[str]) -> Iterator[str]:
    if not isinstance(body.get("checks"), dict | None):
        yield "`checks` of the answer is no object with a check by each name, and is not told"
    if unclear:
        more = f" and {len(unclear) - _MOST_NAMED} more" if len(unclear) > _MOST_NAMED else ""
        names = ", ".join(_shown(name) for name in unclear[:_MOST_NAMED])
        yield f"not told, as they do not say true or false under a short name: {names}{more}"
    if len(found) > MOST_CHECKS:
        yield f"of its {len(found)} checks only {MOST_CHECKS} are told"


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in name[:_LONGEST_NAME])
