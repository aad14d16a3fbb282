"""A server that answers no more, in a command that nobody watches over."""

from __future__ import annotations

import os
import signal

import pytest

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.errors import TimedOut
from tests.sources.conftest import Connect, soon


@pytest.mark.timeout(30)
@pytest.mark.parametrize("begun", [False, True])
def test_a_session_ends_by_itself_when_its_time_is_over(database: Database, connect: Connect, begun: bool) -> None:
    source = connect(database.dsn)
    with source.session(soon()) as session:
        hanging = session.rows("SELECT pg_backend_pid()")[0][0]

    def read() -> None:
        with source.session(soon(0.3)) as session:
            os.kill(hanging, signal.SIGSTOP)
            session.rows("SELECT 1")

    if not begun:
        os.kill(hanging, signal.SIGSTOP)
    try:
        with pytest.raises(TimedOut, match="no answer within the time limit"):
            read()
        with source.session(soon()) as session:
            assert session.rows("SELECT pg_backend_pid()") != [(hanging,)]
    finally:
        os.kill(hanging, signal.SIGCONT)


def test_a_session_that_ended_in_time_is_left_alone(database: Database, connect: Connect) -> None:
    source = connect(database.dsn)
    with source.session(soon(0.1)) as session:
        before = session.rows("SELECT pg_backend_pid()")
    with source.session(soon()) as session:
        session.rows("SELECT pg_sleep(1.5)")
        assert session.rows("SELECT pg_backend_pid()") == before
