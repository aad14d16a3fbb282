"""Health endpoints: whether a service says that it is ready, and whether it answers at all.

What an answer means, and what its absence means:

- 200 is green or red by `ok` of its JSON, else by a `status` or a plain text such as ok, up or down; without a
  body it is green. One that says neither yes nor no is not judged. Any 5xx is red, with a body or without.
- Connection refused, a connection that is closed, no answer in time: red as well. That is what a service
  that is down looks like, so `readiness_ok` or `liveness_ok` is 0, and `source_up` stays 1: the probe worked.
- Everything that keeps the probe itself from working tells nothing of the service: a name that cannot be
  resolved, no trust in a certificate, 401, 403, 404, 429, a redirect, a login page. The collector has failed
  and says why; when no endpoint can be judged, `source_up` is 0.

`queue.length` and `queue.oldestJobAge` are left out: they count dead jobs too, so that one dead job would make
the queue look late for ever. The check `queue` is what the service itself concludes from them.
"""

from __future__ import annotations

from jobqueue_exporter.engines.engine import About, Engine
from jobqueue_exporter.engines.readiness.reader import ReadinessReader

ENGINE = Engine(
    about=About(
        title="health endpoints (healthz, readyz)",
        states=frozenset(),
        signals=frozenset(),
        index="none is needed",
        requeue="it shows no jobs",
        tested="HTTP/1.1",
    ),
    reader=ReadinessReader,
)
