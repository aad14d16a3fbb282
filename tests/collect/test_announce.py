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


def test_each_reason_to_be_down_and_the_coming_back_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    outage = [down("refused\n"), down("wrong password"), down("refused\n")]
    assert said(caplog, *outage, up(), up(), down("wrong password")) == [
        "source is down source=shop reason='refused\\n'",
        "source is down source=shop reason='wrong password'",
        "source is back source=shop",
        "source is down source=shop reason='wrong password'",
    ]


def test_reasons_that_are_different_each_time_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert len(said(caplog, *(down(str(number)) for number in range(3000)))) == 20


def test_each_notice_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, up("odd"), up("odd", "strange"), down("x"), up("odd")) == [
        "notice source=shop text='odd'",
        "notice source=shop text='strange'",
        "source is down source=shop reason='x'",
        "source is back source=shop",
    ]


def test_notices_that_are_different_each_time_do_not_fill_log_and_memory(caplog: pytest.LogCaptureFixture) -> None:
    assert len(said(caplog, *(up(str(number)) for number in range(3000)))) == 1000
