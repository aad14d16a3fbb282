from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest

from jobqueue_exporter.cli import logs

OURS = logging.getLogger("jobqueue_exporter.somewhere")
THEIRS = logging.getLogger("library.somewhere")
TIME = re.compile(r"^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", re.MULTILINE)


@pytest.fixture(autouse=True)
def _levels_and_handlers_are_put_back() -> Iterator[None]:
    root, package = logging.getLogger(), logging.getLogger("jobqueue_exporter")
    before = root.level, package.level, root.handlers[:]
    yield
    root.setLevel(before[0])
    package.setLevel(before[1])
    root.handlers[:] = before[2]


def say_something(*, verbose: bool) -> None:
    logs.configure(verbose=verbose)
    for logger, name in ((OURS, "ours"), (THEIRS, "theirs")):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            logger.log(level, "it happened who=%s", name)


def told(capsys: pytest.CaptureFixture[str]) -> str:
    text, count = TIME.subn("", capsys.readouterr().err)
    assert count >= 1
    return text


def test_our_events_are_told_from_info_up_and_those_of_libraries_from_warning_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_something(verbose=False)
    assert told(capsys) == (
        "level=info it happened who=ours\nlevel=warning it happened who=ours\nlevel=warning it happened who=theirs\n"
    )


def test_verbose_tells_one_level_more_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    say_something(verbose=True)
    assert told(capsys) == (
        "level=debug it happened who=ours\n"
        "level=info it happened who=ours\n"
        "level=warning it happened who=ours\n"
        "level=info it happened who=theirs\n"
        "level=warning it happened who=theirs\n"
    )


def test_being_set_up_twice_does_not_tell_twice(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(verbose=True)
    logs.configure(verbose=False)
    OURS.info("once")
    assert told(capsys) == "level=info once\n"


def test_data_cannot_forge_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(verbose=False)
    OURS.warning("seen kind=%s", "a\r\ntime=now level=info all well")
    assert told(capsys) == "level=warning seen kind=a\\r\\ntime=now level=info all well\n"


def fail() -> None:
    try:
        raise ValueError("three\nlines\nlong")
    except ValueError:
        OURS.exception("reading failed source=%s", "mail")


def test_a_failure_is_one_line_without_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(verbose=False)
    fail()
    assert told(capsys) == "level=error reading failed source=mail error=ValueError: three\\nlines\\nlong\n"


def test_verbose_adds_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(verbose=True)
    fail()
    lines = told(capsys).splitlines()
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-3:] == ["ValueError: three", "lines", "long"]
