"""The user that `jobqueue sql role` prints may do all that a reading needs, and no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from redis.exceptions import NoPermissionError

from jobqueue_exporter.engines import role
from jobqueue_exporter.engines.bullmq.roles import USER
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site, facts, parts

PASSWORD = "choose-a-password"


@pytest.fixture
def limited(site: Site) -> Iterator[str]:
    """The address as that user."""
    statement, _ = role(site.source())
    assert site.redis.execute_command(*statement.split())  # type: ignore[no-untyped-call]  # the driver's
    yield site.server.url.replace("://", f"://{USER}:{PASSWORD}@")
    site.redis.acl_deluser(USER)


def test_the_user_can_read_all_that_there_is(site: Site, library: Library, limited: str) -> None:
    library.ask("add", queue="mail", name="fail")
    library.ask("work", queue="mail")
    until(lambda: library.ask("counts", queue="mail")["failed"] == 1)
    library.ask("add", queue="mail", name="hang")
    until(lambda: library.ask("counts", queue="mail")["active"] == 1)
    for opts in ({"delay": 10**6}, {"priority": 2}):
        library.ask("add", queue="mail", name="ok", opts=opts)
    library.ask("add", queue="mail-dlq", name="ok")

    found = facts(site.reader(dsn=limited, scan=True))

    assert (found.lanes or {})[Lane("mail")].counts == {
        State.PENDING: 0,
        State.SCHEDULED: 1,
        State.RETRYING: 0,
        State.BLOCKED: 0,
        State.RUNNING: 1,
        State.DEAD_LETTER: 2,
    } | {State.PENDING: library.ask("counts", queue="mail")["prioritized"]}
    assert site.redis.acl_log() == []


def test_the_user_can_tell_copies_of_dead_letters(site: Site, limited: str) -> None:
    site.queue("mail", failed={"grant:7:a": 1000})
    site.job("mail", "grant:7:a", finishedOn=1000, failedReason="timeout")
    site.queue("mail-dlq")
    site.job("mail-dlq", "grant:7:a", data='{"error": "timeout"}')
    site.redis.lpush("bull:mail-dlq:wait", "grant:7:a")

    found = facts(site.reader("mail", dsn=limited))

    assert (found.lanes or {})[Lane("mail")].counts[State.DEAD_LETTER] == 1
    assert sum((found.dead_letters or {})[Lane("mail")].causes.values()) == 1
    assert site.redis.acl_log() == []


@pytest.mark.parametrize("command", ["zscore", "hmget", "zrangebyscore"])
def test_a_command_that_the_user_may_not_give_fails_the_reading(site: Site, limited: str, command: str) -> None:
    site.queue("mail", failed={"grant:7:a": 1000}, delayed={"late": 2.0**60})
    site.queue("mail-dlq")
    site.redis.lpush("bull:mail-dlq:wait", "grant:7:a")
    site.redis.execute_command("ACL", "SETUSER", USER, f"-{command}")  # type: ignore[no-untyped-call]  # the driver's

    with pytest.raises(Refused, match=rf"NOPERM .*'{command}'.*`jobqueue sql role` prints the statement"):
        parts(site.reader("mail", "mail-dlq", dsn=limited))


@pytest.mark.parametrize("command", ["zrevrange", "hstrlen", "hget"])
def test_a_command_for_dead_letters_that_the_user_may_not_give_fails_those(
    site: Site, limited: str, command: str
) -> None:
    site.queue("mail", failed={"grant:7:a": 1000})
    site.job("mail", "grant:7:a", finishedOn=1000, failedReason="timeout")
    site.redis.execute_command("ACL", "SETUSER", USER, f"-{command}")  # type: ignore[no-untyped-call]  # the driver's

    found = parts(site.reader("mail", dsn=limited))["dead_letters"]

    assert found.facts is None
    assert f"'{command}'" in found.error


def test_the_user_can_change_nothing_and_read_nothing_else(site: Site, limited: str) -> None:
    site.redis.set("secret", "x")
    with redis.Redis.from_url(limited) as client:
        for command in (("SET", "bull:a:wait", "x"), ("GET", "secret"), ("HGET", "secret", "x"), ("KEYS", "*")):
            with pytest.raises(NoPermissionError):
                client.execute_command(*command)
    site.redis.acl_log_reset()


def test_a_user_that_may_not_list_connections_tells_jobs_and_no_workers(
    site: Site, library: Library, limited: str
) -> None:
    library.ask("add", queue="mail", name="ok")
    site.redis.execute_command("ACL", "SETUSER", USER, "-client|list")  # type: ignore[no-untyped-call]  # the driver's

    found = parts(site.reader("mail", dsn=limited))

    jobs = found["jobs"].facts
    assert jobs is not None
    assert set(jobs.lanes or {}) == {Lane("mail")}
    assert found["workers"].facts is None
    assert found["workers"].error.startswith("its connections cannot be listed (NOPERM ")
    assert found["workers"].error.endswith("), and workers are known by them only")


def test_a_user_without_the_keys_is_told_how_to_get_them(site: Site, library: Library, limited: str) -> None:
    library.ask("add", queue="mail", name="ok")
    site.redis.execute_command("ACL", "SETUSER", USER, "resetkeys")  # type: ignore[no-untyped-call]  # the driver's

    with pytest.raises(Exception, match=r"queue mail: .*ermission.*`jobqueue sql role` prints the statement"):
        parts(site.reader("mail", dsn=limited))
