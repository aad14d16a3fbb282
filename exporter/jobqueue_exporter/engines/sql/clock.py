"""What time it is at a Postgres source, and how far a standby has come."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

_CLOCK = """
SELECT date_part('epoch', now()), date_part('epoch', clock_timestamp()), current_setting('server_version'),
       pg_is_in_recovery()
"""
_REPLAYED = """
SELECT date_part('epoch', pg_last_xact_replay_timestamp()),
       pg_last_wal_receive_lsn() IS NOT DISTINCT FROM pg_last_wal_replay_lsn()
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """The source's clock: the snapshot's moment, the present one, and what a standby has replayed."""

    snapshot: float
    now: float
    version: str
    lag_seconds: float | None
    flows_until: float


def read(session: Session) -> Clock:
    """Reads the clock. Raises psycopg.Error."""
    snapshot, now, version, standby = session.rows(_CLOCK)[0]
    replayed, caught_up = _replayed(session) if standby else (None, False)
    behind = None if replayed is None else max(0.0, snapshot - replayed)
    return Clock(
        snapshot,
        now,
        version.partition(" ")[0],
        0.0 if caught_up else behind,
        snapshot if replayed is None else min(snapshot, replayed),
    )


def _replayed(session: Session) -> tuple[float | None, bool]:
    """Up to when a standby has replayed, and whether that is all it has; some services cannot tell."""
    try:
        replayed, caught_up = session.contained(lambda: session.rows(_REPLAYED))[0]
    except Refused:
        return None, False
    return replayed, caught_up
