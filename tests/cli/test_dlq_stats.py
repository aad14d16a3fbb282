from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from jobqueue_exporter.cli.documents.dlq import Lane, Stats
from jobqueue_exporter.demo.database import Database
from tests.cli.graves import NOBODY_LISTENS, bury, dlq, dug, with_grave_table, written


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Path:
    return dug(database, tmp_path)


def counted(config: Path) -> Stats:
    return msgspec.json.decode(dlq(config, "stats", "--output", "json").stdout, type=Stats)


def test_dead_jobs_are_counted_by_lane_and_cause(config: Path, database: Database) -> None:
    bury(database, 1, 2, error="timed out")
    bury(database, 3)
    bury(database, 4, kind="SMS", hours=48)
    (source,) = counted(config).sources
    lanes = [msgspec.structs.replace(lane, oldest_seconds=round(lane.oldest_seconds or 0, -2)) for lane in source.lanes]
    causes = {"recoverable": 2, "unknown": 1}
    assert (source.dead, source.at_least, source.recovery) == (4, False, None)
    assert [msgspec.structs.replace(lane, last_24h=None) for lane in lanes] == [
        Lane(queue="jobs", kind="MAIL", dead=3, last_24h=None, attempts_average=5, causes=causes, oldest_seconds=7200),
        Lane(
            queue="jobs",
            kind="SMS",
            dead=1,
            last_24h=None,
            attempts_average=5,
            causes={"unknown": 1},
            oldest_seconds=172_800,
        ),
    ]


def test_as_text_it_is_a_table(config: Path, database: Database) -> None:
    bury(database, 1, 2, error="timed out")
    found = dlq(config, "stats")
    heading, columns, row = (" ".join(line.split()) for line in found.stdout.splitlines())
    assert (found.exit_code, heading) == (0, "source shop: 2 dead jobs")
    assert columns == "queue kind dead last 24 h attempts oldest causes"
    assert (row.startswith("jobs MAIL 2 "), row.endswith(" 5.0 2h 2 recoverable")) == (True, True)


def test_no_dead_jobs_are_no_failure(config: Path) -> None:
    found = dlq(config, "stats")
    assert (found.exit_code, found.stdout) == (0, "source shop: no dead jobs\n")


def test_how_recovery_goes_is_told(database: Database, tmp_path: Path) -> None:
    config = with_grave_table(database, tmp_path)
    (source,) = counted(config).sources
    assert source.recovery is not None
    assert (source.recovery.jobs["pending"], source.recovery.jobs["abandoned"]) == (1, 1)
    assert "1 pending" in dlq(config, "stats").stdout


def test_a_source_that_is_down_costs_only_itself(config: Path, database: Database) -> None:
    written(config.parent, shop=database.dsn, mail=NOBODY_LISTENS)
    bury(database, 1)
    found = dlq(config, "stats")
    assert (found.exit_code, "source mail: cannot be read" in found.stdout, "hunter2" in found.output) == (
        1,
        True,
        False,
    )
    assert found.stderr.count("mail") == 1
    assert [(source.source, source.dead) for source in counted(config).sources] == [("shop", 1), ("mail", None)]
