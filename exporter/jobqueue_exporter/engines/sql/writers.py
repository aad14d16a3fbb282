"""The role of Postgres that people change jobs by."""

from __future__ import annotations

ROLE = "jobqueue_operator"
# A person or two, each with a reading and a change.
CONNECTION_LIMIT = 5
