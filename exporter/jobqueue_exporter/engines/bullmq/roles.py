"""The least rights that reading BullMQ needs."""

from __future__ import annotations

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.bullmq import keys

USER = "jobqueue_exporter"
_COMMANDS = (
    "info time select client|list client|setname multi exec scan exists hget hgetall hmget hstrlen "
    "llen lpos lrange zcard zcount zrange zrangebyscore zrevrange zscore"
)

_LASTING = "# to keep it: ACL SAVE, or CONFIG REWRITE where Redis has no ACL file"


def role(source: Source) -> tuple[str, ...]:
    """A user that may read the keys of this prefix, for Redis 6 and later."""
    commands = " ".join(f"+{command}" for command in _COMMANDS.split())
    pattern = f"~{keys.escaped(source.bullmq.prefix)}:*"
    return (f"ACL SETUSER {USER} reset on >choose-a-password {pattern} {commands}", _LASTING)
