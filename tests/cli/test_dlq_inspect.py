from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from jobqueue_exporter.cli.documents.jobs import Detail
from jobqueue_exporter.demo.database import Database
from tests.cli.graves import NOBODY_LISTENS, bury, dlq, dug, with_grave_table, written


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Path:
    return dug(database, tmp_path)


def inspected(config: Path, *arguments: str) -> Detail:
    return msgspec.json.decode(dlq(config, "inspect", "--output", "json", *arguments).stdout, type=Detail)


def test_a_dead_job_is_shown_with_what_it_means_and_what_to_run_next(config: Path, database: Database) -> None:
    bury(database, 7, error="boom at line 3\n  in worker.py")
    found = dlq(config, "inspect", "7")
    lines = found.stdout.splitlines()
    assert (found.exit_code, lines[0], lines[-2:]) == (
        0,
        "job 7",
        [f"  jobqueue dlq {what} --config {config} 7" for what in ("requeue", "abandon")],
    )
    facts = dict(line.strip().split(maxsplit=1) for line in lines[1 : lines.index("")])
    assert (facts["state"], facts["attempts"], facts["created"].endswith(" UTC (3h ago)")) == (
        "dead_letter",
        "5/5",
        True,
    )
    assert facts["means"].startswith("dead: It is dead for 2h after 5 of 5 attempts")
    assert lines[lines.index("error") + 1 :][:2] == ["  boom at line 3", "    in worker.py"]


def test_secrets_and_personal_data_show_only_with_full(config: Path, database: Database) -> None:
    bury(database, 7, error="refused: password=hunter2")
    masked, whole = inspected(config, "7"), inspected(config, "7", "--full")
    assert (masked.job.error, whole.job.error) == ("refused: password=***", "refused: password=hunter2")
    assert (masked.payload, whole.payload) == ('{\n  "to": "j***@example.com"\n}', '{\n  "to": "jane@example.com"\n}')


def test_a_long_payload_is_cut_but_with_full(config: Path, database: Database) -> None:
    bury(database, 7)
    database.connection.execute("UPDATE jobs SET payload = jsonb_build_object('text', repeat('word ', 5000))")
    masked, whole = inspected(config, "7"), inspected(config, "7", "--full")
    assert (masked.payload.endswith("… (25,016 characters in all)"), len(masked.payload) < 2_100) == (True, True)
    assert len(whole.payload) == 25_016


def test_the_last_twenty_events_are_shown_and_the_others_counted(config: Path, database: Database) -> None:
    bury(database, 7)
    database.connection.execute(
        "INSERT INTO job_events SELECT 7, 'progress', jsonb_build_object('n', n), now() + make_interval(secs => n)\n"
        "FROM generate_series(1, 25) AS n"
    )
    found = inspected(config, "7")
    assert found.events is not None
    assert ([event.text for event in found.events][:1], len(found.events), found.more_events) == (['{"n": 6}'], 20, 5)
    assert "events, the last 20 of 25" in dlq(config, "inspect", "7").stdout


def test_a_job_need_not_be_dead(config: Path, database: Database) -> None:
    database.connection.execute(
        "INSERT INTO jobs (id, kind, state, attempts, locked_by, locked_at, heartbeat_at)\n"
        "VALUES (8, 'A', 'running', 1, 'w1', now() - interval '2 hours', now() - interval '1 hour')"
    )
    found = inspected(config, "8")
    assert (found.job.state, found.job.stuck, found.meaning.word) == ("running", True, "stuck")
    assert found.meaning.commands[0] == f"jobqueue jobs reclaim --config {config} 8"
    assert "held by" in dlq(config, "inspect", "8").stdout


@pytest.mark.parametrize("identity", ["9", "not-a-number", "9" * 400, "'; DROP TABLE jobs", "\x1b[2J"])
def test_an_id_that_is_nobody_s_is_told(config: Path, identity: str) -> None:
    found = dlq(config, "inspect", identity)
    assert (found.exit_code, found.stdout, found.stderr.count("\n"), "\x1b" in found.stderr) == (1, "", 1, False)
    assert found.stderr.startswith("there is no job ")


def test_of_several_sources_the_one_that_has_it_is_found_and_named_in_commands(
    config: Path, database: Database
) -> None:
    written(config.parent, down=NOBODY_LISTENS, shop=database.dsn)
    bury(database, 7)
    found = inspected(config, "7")
    assert (found.job.source, found.meaning.commands[0]) == (
        "shop",
        f"jobqueue dlq requeue --config {config} --source shop 7",
    )
    missing = dlq(config, "inspect", "8")
    assert (missing.exit_code, missing.stderr.splitlines()[-1]) == (1, "there is no job 8 in shop; not asked: down")


def test_a_command_is_fit_for_a_shell_whatever_the_configuration_is_called(config: Path, database: Database) -> None:
    bury(database, 7)
    odd = config.rename(config.with_name("odd one.yml"))
    assert inspected(odd, "7").meaning.commands[0] == f"jobqueue dlq requeue --config '{odd}' 7"
    assert f"  jobqueue dlq requeue --config '{odd}' 7\n" in dlq(odd, "inspect", "7").stdout


def test_a_row_that_was_given_back_leads_to_its_job_and_not_to_cancelling_it(
    database: Database, tmp_path: Path
) -> None:
    config = with_grave_table(database, tmp_path)
    database.connection.execute(
        "ALTER TABLE dead_letter_queue ADD job_id bigint;"
        "UPDATE dead_letter_queue SET created_at = now() - interval '2 hours', job_id = 5;"
        "UPDATE dead_letter_queue SET status = 'recovered', updated_at = now() WHERE id = 71;"
        "UPDATE dead_letter_queue SET status = 'retry_scheduled' WHERE id = 72"
    )
    back, scheduled = inspected(config, "71"), inspected(config, "72")
    assert (back.meaning.commands, scheduled.meaning.commands) == ((f"jobqueue jobs status --config {config} 5",), ())
    assert "2h" not in back.meaning.text


def test_a_command_for_an_id_that_cannot_be_pasted_is_not_printed(config: Path, database: Database) -> None:
    database.connection.execute(
        "ALTER TABLE jobs ALTER id TYPE text;"
        "INSERT INTO jobs (id, kind, state) VALUES (E'a\\x1b[2J', 'A', 'dead_letter'), ('a  b', 'A', 'dead_letter')"
    )
    odd = dlq(config, "inspect", "a\x1b[2J").stdout
    assert odd.endswith(
        "next\n  (the command is no text that can be pasted, for what it names; --output json has it)\n"
    )
    assert inspected(config, "a\x1b[2J").meaning.commands[0].endswith("'a\x1b[2J'")
    assert "'a  b'\n" in dlq(config, "inspect", "a  b").stdout


def test_an_id_of_several_sources_asks_which(config: Path, database: Database) -> None:
    written(config.parent, shop=database.dsn, twin=database.dsn)
    bury(database, 7)
    found = dlq(config, "inspect", "7")
    told = "7 is in several sources, name one: --source NAME; it is in: shop, twin\n"
    assert (found.exit_code, found.stdout, found.stderr) == (2, "", told)
    assert dlq(config, "inspect", "7", "--source", "twin").exit_code == 0


def test_a_source_whose_jobs_cannot_be_seen_one_by_one_is_told(tmp_path: Path, database: Database) -> None:
    config = dug(database, tmp_path)
    config.write_text(
        '{"sources": [{"name": "api", "engine": "readiness", "dsn": "http://127.0.0.1:1/readyz"},'
        f'{{"name": "shop", "dsn": "{database.dsn}"}}]}}'
    )
    bury(database, 7)
    found = dlq(config, "inspect", "7")
    told = "api: jobs of engine readiness cannot be seen one by one\n"
    assert (found.exit_code, found.stderr) == (0, told)
    alone = dlq(config, "inspect", "7", "--source", "api")
    assert (alone.exit_code, alone.stderr) == (1, told)
