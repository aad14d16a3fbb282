"""Where a worker runs, as far as its id tells, and how it is stopped there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from jobqueue_exporter.cli.documents.workers import Way

# host:pid, host:pid:time of start, or host-pid@…; a process id has at most seven digits on Linux.
_ID = re.compile(r"(?P<host>[A-Za-z0-9][A-Za-z0-9._-]{0,252}):(?P<pid>[1-9][0-9]{0,6})(?::[0-9]{1,16})?")


@dataclass(frozen=True, slots=True)
class Address:
    """The host (or container, or pod) and the process id; empty and None where the id does not tell."""

    host: str = ""
    pid: int | None = None


def address(worker_id: str) -> Address:
    """What an id such as `worker-1:1234:1699999999` or `host:1234` tells."""
    found = _ID.fullmatch(worker_id)
    return Address(found["host"], int(found["pid"])) if found else Address()


def ways(where: Address) -> Iterator[Way]:
    """The command for each platform, all of them with SIGTERM first, so that a worker can finish what it holds."""
    name = shlex.quote(where.host) if where.host else "NAME"
    if where.pid is not None:
        yield Way(platform="process", command=f"kill -TERM {where.pid}   # on {name}")
    else:
        yield Way(platform="process", command="kill -TERM PID   # on its host")
    yield Way(platform="systemd", command=f"systemctl stop {'NAME' if not where.host else name}")
    yield Way(platform="Docker", command=f"docker stop --time 60 {name}")
    yield Way(platform="Kubernetes", command=f"kubectl delete pod {name} --grace-period=60")
