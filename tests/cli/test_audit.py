from __future__ import annotations

import getpass
import logging
import re
import socket

import pytest

from jobqueue_exporter.cli import audit
from jobqueue_exporter.engines.operations import Change, Operation, Order

ORDER = Order(operation=Operation.REQUEUE, who="anna@desk", reason="")
HOSTILE = ["7 level=error", 'a"b', "a\nb", "a,b", "\x1b[2J", "\u202e", "ä"]


@pytest.fixture(autouse=True)
def _nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JOBQUEUE_USER", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, getpass.getuser()),
        ({"SUDO_USER": "anna"}, "anna"),
        ({"SUDO_USER": "root", "JOBQUEUE_USER": "anna\n x"}, "anna  x"),
    ],
)
def test_it_is_the_person_at_the_keyboard(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert audit.who() == f"{expected}@{socket.gethostname()}"


def test_who_says_where_from_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBQUEUE_USER", "anna@example.com")
    assert audit.who() == "anna@example.com"


def test_only_what_no_engine_has_written_down_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    changes = [
        Change("1", True, ""),
        Change("2", True, "", audited=True),
        Change("3", False, ""),
        Change("4", None, ""),
    ]
    audit.written("shop", ORDER, changes)
    told = 'audit operation=requeue source=shop id={} who=anna@desk reason="" result={}'
    assert caplog.messages == [told.format("1", "done"), told.format("4", "unknown")]
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_a_dry_run_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    audit.written("shop", Order(operation=Operation.REQUEUE, who="", dry_run=True), [Change("1", True, "")])
    assert caplog.messages == []


def test_many_ids_take_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    audit.written("shop", ORDER, [Change(str(number), True, "") for number in range(45)])
    ids = [re.findall(r"id=(\S+)", message)[0].split(",") for message in caplog.messages]
    assert ([len(each) for each in ids], [one for each in ids for one in each]) == (
        [20, 20, 5],
        [str(number) for number in range(45)],
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_id_can_look_like_another_field_or_line(text: str, caplog: pytest.LogCaptureFixture) -> None:
    audit.written("shop", ORDER, [Change(text, True, "")])
    (message,) = caplog.messages
    assert re.fullmatch(
        r'audit operation=requeue source=shop id="(\\.|[^"\\])*" who=anna@desk reason="" result=done', message
    )
    assert message.isprintable()
