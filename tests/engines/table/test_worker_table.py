"""Workers as a heartbeat table shows them, idle ones too."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Heartbeats
from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.model import Binary, Place, Signal, Workers
from tests.engines.table.shop import Shop, Told


def _beat(shop: Shop, worker: str, seconds: float, **values: str) -> None:
    """A worker that last beat so many seconds from now; the values are SQL."""
    columns = {"worker_id": f"'{worker}'", "heartbeat_at": f"now() + interval '{seconds} s'"} | values
    shop.run(f"INSERT INTO job_workers ({', '.join(columns)}) VALUES ({', '.join(columns.values())})")


@pytest.fixture
def crew(shop: Shop) -> Shop:
    """A jobs table and the heartbeat table that `jobqueue sql heartbeats` prints."""
    shop.jobs()
    shop.run(heartbeats.DDL)
    return shop


def _binaries(told: Told) -> dict[tuple[str, Place], bool]:
    return {(binary.name, binary.place): binary.available for binary in told.facts.binaries or ()}


def test_all_workers_are_told(crew: Shop) -> None:
    _beat(crew, "w1", -10, queues="'{mail}'", slots="4", busy="1")
    _beat(crew, "w2", -50, queues="'{mail,video}'", slots="8", busy="8")
    _beat(crew, "w3", -20, queues="'{mail}'", slots="2")
    _beat(crew, "w4", -90, queues="'{video}'", slots="16", busy="16")
    _beat(crew, "w5", -3500, queues="'{mail}'")
    _beat(crew, "w6", -4000, queues="'{mail}'")

    told = crew.read(heartbeats=Heartbeats(table="job_workers", forget=3600.0))  # type: ignore[arg-type]  # seconds

    assert told.workers == Workers(
        live=3,
        stale=2,
        newest_heartbeat=-10,
        by_queue={"mail": 3, "video": 1},
        slots={"mail": 6, "video": 0, "": 8},
        busy={"mail": 1, "video": 0, "": 8},
    )
    assert {signal for signal, can in told.signals.items() if can} >= {Signal.WORKERS, Signal.SLOTS}


def test_the_table_is_found_by_its_usual_name(crew: Shop) -> None:
    _beat(crew, "w1", -10)

    assert crew.read().workers == Workers(
        live=1, stale=0, newest_heartbeat=-10, by_queue={}, slots={"": 1}, busy={"": 0}
    )


def test_it_counts_instead_of_the_rows_of_running_jobs(crew: Shop) -> None:
    crew.run("INSERT INTO jobs (state, locked_by, heartbeat_at) VALUES ('running', 'w9', now())")
    _beat(crew, "w1", -10)

    workers = crew.read().workers

    assert workers is not None
    assert (workers.live, workers.stale) == (1, 0)


def test_it_may_be_left_alone(crew: Shop) -> None:
    _beat(crew, "w1", -10)

    assert crew.read(heartbeats=False).workers is None


def test_no_worker_at_all_is_zero_workers(crew: Shop) -> None:
    assert crew.read().workers == Workers(
        live=0, stale=0, newest_heartbeat=None, by_queue={}, slots={"": 0}, busy={"": 0}
    )


def test_a_forgotten_worker_still_says_when_the_last_one_beat(crew: Shop) -> None:
    _beat(crew, "w1", -100_000)

    workers = crew.read().workers

    assert workers is not None
    assert (workers.live, workers.stale, workers.newest_heartbeat) == (0, 0, -100_000)


def test_a_binary_is_there_when_every_live_worker_that_reports_it_has_it(crew: Shop) -> None:
    _beat(crew, "w1", -10, binaries="""'{"ffmpeg": true, "yt-dlp": true, "sox": "14.4"}'""")
    _beat(crew, "w2", -10, binaries="""'{"ffmpeg": true, "yt-dlp": false, "magick": null}'""")
    _beat(crew, "w3", -10, binaries="'{}'")
    _beat(crew, "w4", -900, binaries="""'{"ffmpeg": false}'""")

    assert _binaries(crew.read()) == {
        ("ffmpeg", Place.WORKER): True,
        ("yt-dlp", Place.WORKER): False,
        ("sox", Place.WORKER): True,
        ("magick", Place.WORKER): False,
    }


@pytest.mark.parametrize("written", ["'null'", "'[1]'", "'\"ffmpeg\"'"])
def test_binaries_that_are_no_mapping_are_none(crew: Shop, written: str) -> None:
    _beat(crew, "w1", -10, binaries=written)

    assert crew.read().facts.binaries == ()


def test_binaries_are_looked_for_on_this_host_when_asked(shop: Shop) -> None:
    shop.jobs()

    told = shop.read(binaries=("sh", "no-such-program"), check_binaries_here=True)

    assert told.facts.binaries == (
        Binary("sh", Place.EXPORTER, True),
        Binary("no-such-program", Place.EXPORTER, False),
    )


def test_a_table_of_their_own_making_tells_what_it_can(shop: Shop) -> None:
    shop.jobs()
    shop.run(
        "CREATE TABLE crew (worker_id int, heartbeat_at timestamp, queue text, slots text, queues jsonb,"
        " binaries text)",
        "INSERT INTO crew VALUES (1, now() AT TIME ZONE 'UTC', 'mail', 'many', '[]', 'ffmpeg'),"
        " (2, now() AT TIME ZONE 'UTC', NULL, NULL, NULL, NULL), (3, NULL, 'mail', NULL, NULL, NULL)",
    )

    told = shop.read(heartbeats=Heartbeats(table="crew"))

    assert told.workers == Workers(live=2, stale=0, newest_heartbeat=0, by_queue={"mail": 1})
    assert told.facts.binaries is None
    assert not told.signals[Signal.SLOTS]


def test_a_table_that_only_says_who_and_when_tells_no_queues(shop: Shop) -> None:
    shop.jobs()
    shop.run("CREATE TABLE job_workers (worker_id text, heartbeat_at bigint)")
    shop.run("INSERT INTO job_workers VALUES ('w1', extract(epoch FROM now()) - 30)")

    assert shop.read().workers == Workers(live=1, stale=0, newest_heartbeat=-30)


@pytest.mark.parametrize("heartbeat", ["infinity", "now() + interval '1 day'"])
def test_a_heartbeat_from_the_future_is_no_sign_of_life(crew: Shop, heartbeat: str) -> None:
    moment = heartbeat if "now" in heartbeat else f"'{heartbeat}'"
    crew.run(f"INSERT INTO job_workers (worker_id, heartbeat_at) VALUES ('w1', {moment})")
    _beat(crew, "w2", -200)

    workers = crew.read().workers

    assert workers is not None
    assert (workers.live, workers.stale, workers.newest_heartbeat) == (0, 2, -200)


def test_absurd_numbers_of_slots_are_none(crew: Shop) -> None:
    crew.run("ALTER TABLE job_workers ALTER slots TYPE float8, ALTER busy TYPE float8, ALTER busy DROP NOT NULL")
    for number, (slots, busy) in enumerate((("'NaN'", "1"), ("'Infinity'", "NULL"), ("-5", "-5"), ("3", "2"))):
        _beat(crew, f"w{number}", -10, slots=slots, busy=busy)

    workers = crew.read().workers

    assert workers is not None
    assert (workers.live, workers.slots, workers.busy) == (4, {"": 3}, {"": 3})


def test_a_heartbeat_table_that_is_none_fails_the_workers_alone(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="queued")
    shop.run("CREATE TABLE crew (worker_id text, heartbeat_at text)")

    told = shop.read(heartbeats=Heartbeats(table="crew"))

    assert list(told.errors) == ["workers"]
    assert told.errors["workers"].startswith("heartbeats: public.crew has no column heartbeat_at that we can use")
    assert len(told.lanes) == 1


def test_a_usual_name_that_is_no_heartbeat_table_is_left_out_with_a_word(shop: Shop) -> None:
    shop.jobs()
    shop.run("CREATE TABLE job_workers (worker_id text, heartbeat_at text)")

    told = shop.read()

    assert told.errors == {}
    assert len(told.facts.notices or ()) == 1
    assert (told.facts.notices or ("",))[0].startswith("public.job_workers is left out: heartbeats:")
