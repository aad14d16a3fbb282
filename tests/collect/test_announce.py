"""The log says once what changed, not at each scrape."""

from __future__ import annotations

import logging

import pytest

from jobqueue_exporter.collect.announce import Announcer
from jobqueue_exporter.model import Facts, Snapshot


def up(*notices: str) -> Snapshot:
    return Snapshot(source="shop", engine="table", read_at=0, up=True, facts=Facts(notices=notices))


def down(error: str) -> Snapshot:
    return Snapshot(source="shop", engine="table", read_at=0, up=False, error=error)


def said(caplog: pytest.LogCaptureFixture, *snapshots: Snapshot) -> list[str]:
    announcer = Announcer()
    with caplog.at_level(logging.INFO, "jobqueue_exporter"):
        for snapshot in snapshots:
            announcer.tell(snapshot)
    return caplog.messages


def test_a_source_that_is_up_from_the_start_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, up(), up()) == []


def test_going_down_and_coming_back_are_said_once_each(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, down("refused\n"), down("timed out"), up(), up(), down("refused")) == [
        "source is down source=shop reason='refused\\n'",
        "source is back source=shop",
        "source is down source=shop reason='refused'",
    ]


def test_each_notice_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, up("odd"), up("odd", "strange"), down("x"), up("odd")) == [
        "notice source=shop text='odd'",
        "notice source=shop text='strange'",
        "source is down source=shop reason='x'",
        "source is back source=shop",
    ]


def test_notices_that_are_different_each_time_do_not_fill_log_and_memory(caplog: pytest.LogCaptureFixture) -> None:
    assert len(said(caplog, *(up(str(number)) for number in range(3000)))) == 1000
