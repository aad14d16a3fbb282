"""Tables that stand beside a jobs table: whose they are, and that this is decided once."""

from __future__ import annotations

from jobqueue_exporter.config.types import Heartbeats
from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.model import Lane, Signal, State
from tests.engines.table.shop import EVENTS, Shop

_GRAVES = """
CREATE TABLE dead_letter_queue (id int, status text, created_at timestamptz DEFAULT now(), original_event_name text);
INSERT INTO dead_letter_queue VALUES (1, 'pending', now(), 'A');
"""


def test_a_table_that_was_named_has_not_the_companions_of_another(shop: Shop) -> None:
    shop.run(EVENTS, _GRAVES)
    shop.jobs("jobs")
    shop.jobs("mail_jobs").add(kind="B", state="queued")

    told = shop.read(table="mail_jobs")

    assert told.lanes.keys() == {Lane("mail_jobs", "B")}
    assert (told.facts.flow_window, told.facts.recovery) == (None, None)
    assert told.facts.notices == (
        "public.job_events is left out: it seems to be of jobs, not of public.mail_jobs; if it is, name it "
        "under events",
        "public.dead_letter_queue is left out: it seems to be of jobs, not of public.mail_jobs; if it is, name it "
        "under dead_letters",
    )


def test_a_table_that_was_named_and_is_the_only_one_has_its_companions(shop: Shop) -> None:
    shop.run(EVENTS)
    shop.jobs("mail_jobs")

    assert shop.read(table="mail_jobs").flows.counts == ()


def test_where_dead_jobs_are_kept_is_decided_once(shop: Shop) -> None:
    shop.run(_GRAVES, "CREATE INDEX ON dead_letter_queue (status)")
    jobs = shop.jobs()
    shop.run("CREATE INDEX ON jobs (state, run_at)")
    reader = shop.reader()
    before = shop.told(reader).lanes

    jobs.add(kind="A", state="dead_letter")

    assert shop.told(reader).lanes == before
    assert before[Lane("jobs", "A")].counts[State.DEAD_LETTER] == 1


def test_where_the_jobs_table_may_have_dead_jobs_itself_another_is_only_read_when_it_is_named(shop: Shop) -> None:
    shop.run(_GRAVES)
    shop.jobs().add(kind="A", state="queued")

    assert shop.read().lanes[Lane("jobs", "A")].counts[State.DEAD_LETTER] == 0


def test_a_companion_that_is_in_another_schema_only_is_told_of(shop: Shop) -> None:
    shop.run("CREATE SCHEMA app", EVENTS, _GRAVES, heartbeats.DDL)
    shop.jobs("app.background_jobs").add(kind="A", state="queued")
    reader = shop.reader()

    assert [shop.told(reader).facts.notices for _ in range(2)] == [
        tuple(
            f"public.{table} is left out: it is in another schema than app.background_jobs; if it belongs to it, "
            f"name it under {key}"
            for table, key in (
                ("job_events", "events"),
                ("job_workers", "heartbeats"),
                ("dead_letter_queue", "dead_letters"),
            )
        )
    ] * 2


def test_a_companion_of_another_schema_that_was_named_or_refused_is_no_news(shop: Shop) -> None:
    shop.run("CREATE SCHEMA app", EVENTS, _GRAVES, heartbeats.DDL)
    shop.jobs("app.jobs").add(kind="A", state="queued")

    told = shop.read(heartbeats=Heartbeats(table="public.job_workers"), events=False, dead_letters=False)

    assert (told.facts.notices, told.signals[Signal.WORKERS]) == ((), True)


def test_a_table_beside_other_jobs_or_in_several_schemas_may_be_anybodys(shop: Shop) -> None:
    shop.run("CREATE SCHEMA app", "CREATE SCHEMA log", EVENTS)
    shop.jobs("app.jobs").add(kind="A", state="queued")
    shop.run("CREATE TABLE log.job_events AS SELECT * FROM public.job_events")
    assert shop.read(table="app.jobs").facts.notices == ()

    shop.run("DROP TABLE log.job_events")
    shop.jobs("public.mail_jobs")
    assert shop.read(table="app.jobs").facts.notices == ()


def test_what_is_said_of_tables_that_are_left_out_is_said_of_each_plan(shop: Shop) -> None:
    shop.run(_GRAVES)
    shop.jobs().add(kind="A", state="dead_letter")
    reader = shop.reader()
    first = shop.told(reader).facts.notices

    shop.run("ALTER TABLE jobs ADD note text")

    assert first == shop.told(reader).facts.notices != ()
