"""When the files of the web configuration are read again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.web.watch import Watch
from tests.web.certificates import TLS, Desk


def test_a_certificate_is_taken_up_together_with_its_key_though_they_come_one_after_the_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(tmp_path)
    watch = Watch(desk.write(TLS))
    before = watch.config.tls
    old_key = (tmp_path / "server.key").read_bytes()
    desk.certify()
    new_key = (tmp_path / "server.key").read_bytes()

    async def renew() -> None:
        (tmp_path / "server.key").write_bytes(old_key)
        await watch.look()
        (tmp_path / "server.key").write_bytes(new_key)
        await watch.look()
        assert watch.config.tls is before
        await watch.look()

    asyncio.run(renew())
    assert watch.config.tls is not before
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


def test_files_that_stay_as_they_are_are_not_read_again(tmp_path: Path) -> None:
    watch = Watch(Desk(tmp_path).write(TLS))
    before = watch.config

    async def look_often() -> None:
        for _ in range(5):
            await watch.look()

    asyncio.run(look_often())
    assert watch.config is before


def test_a_complaint_lasts_until_the_files_are_good_again_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "web.yml"
    file.write_text("rate_limit: {interval: 1s, burst: 1}")
    watch = Watch(file)

    async def spoil_and_mend() -> None:
        file.write_text("rate_limit: {interval: soon}")
        for _ in range(5):
            await watch.look()
        assert "rate_limit.interval: expected a duration" in watch.complaint
        file.write_text("rate_limit: {interval: 2s, burst: 1}")
        for _ in range(2):
            await watch.look()
        mended = watch.config
        await watch.look()
        assert watch.config is mended

    asyncio.run(spoil_and_mend())
    assert watch.complaint == ""
    assert watch.config.rate is not None
    assert watch.config.rate.interval == 2.0
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1


def test_a_mistake_of_ours_is_told_and_does_not_end_the_watch(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("rate_limit: {interval: 1s, burst: 1}")
    watch = Watch(file, seconds=0.01)
    calls: list[str] = []

    def fail_once() -> None:
        calls.append(watch.complaint)
        if len(calls) == 1:
            raise KeyError("oops")

    watch.changed = fail_once

    async def change_twice() -> None:
        watching = asyncio.create_task(watch.run())
        async with asyncio.timeout(20):
            file.write_text("rate_limit: {interval: 2s, burst: 1}")
            while watch.complaint != "KeyError: 'oops'":
                await asyncio.sleep(0.01)
            while watch.complaint:
                await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(change_twice())
    assert len(calls) == 2


def test_without_a_file_there_is_nothing_to_watch() -> None:
    watch = Watch(None)
    asyncio.run(asyncio.wait_for(watch.run(), 10))
    assert asyncio.run(watch.reload()) == ()
    assert watch.config.tls is None


def test_a_file_that_is_bad_from_the_start_is_refused(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text("odd: 1")
    with pytest.raises(ConfigError, match=r"web\.yml:1: odd: no such key"):
        Watch(tmp_path / "web.yml")
