"""All that is kept of one job."""

from __future__ import annotations

from jobqueue_exporter.engines.bullmq.jobs import text
from jobqueue_exporter.engines.bullmq.kept import Look
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.places import Place
from jobqueue_exporter.engines.bullmq.replies import good
from jobqueue_exporter.engines.operations import Detail
from jobqueue_exporter.sources.redis import Session

_MORE = ("returnvalue", "stacktrace", "priority", "progress", "parentKey", "ats", "stc")
_LOG_LINES, _LOG_LENGTH = 10, 500


def detail(session: Session, look: Look, place: Place) -> Detail | None:
    """All that is kept of the job in this place, None when it is gone. Raises redis.RedisError."""
    (found,) = look.jobs(session, [place], whole=True)
    if found is None:
        return None
    key = Keys(look.prefix, place.queue).job(place.id)
    asked = [("HMGET", key, "name", "data", *_MORE), ("LRANGE", key + b":logs", -_LOG_LINES, -1)]
    fields, logs = good(session.replies(asked))
    name, data, *rest = (text(field) for field in fields)
    more = {"name": name} | {label: value for label, value in zip(_MORE, rest, strict=True) if value}
    if found.stuck is not None:
        more["lock"] = "lost: no worker renews it" if found.stuck else "held"
    if logs:
        more["logs"] = "\n".join(_cut(text(line)) for line in logs)
    return Detail(job=found, now=look.core.server.now / 1000, payload=data, more=more)


def _cut(line: str) -> str:
    return line if len(line) <= _LOG_LENGTH else f"{line[:_LOG_LENGTH]}…"
