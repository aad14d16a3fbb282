"""More kinds than anybody wants to see, and kinds that nobody expects."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jobqueue_exporter.demo.database import Database
from tests.faults.exporter import JOBS, Scrape, configured, run, serving_of
from tests.tooling import tool

ODD = [
    'say "hi"',
    "it's",
    "two\nlines",
    "one\r\nmore",
    "tab\tand \\ and \\n",
    "\\",
    '"',
    "🎬 ½ naïve",
    '{kind="x"} 1',
    "# HELP jobqueue_jobs x",
    "_other",
    " ",
    "\u202egnp.exe",
    "\x01\x7f\x85\u2028",
    "Z̸" * 50,
    "' OR 1=1; DROP TABLE jobs; --",
    "%s {0} ${HOME} {{ kind }}",
    "<script>alert(1)</script>",
]


@pytest.fixture
def shop(database: Database) -> Database:
    """A database with an empty jobs table."""
    database.connection.execute(JOBS)
    database.connection.execute("TRUNCATE jobs")
    return database


def test_ten_thousand_kinds_keep_two_hundred_names_and_every_job(shop: Database, tmp_path: Path) -> None:
    shop.connection.execute(
        "INSERT INTO jobs (kind, state) SELECT 'k' || i % 10000, (ARRAY['queued', 'dead_letter'])[1 + i / 10000] "
        "FROM generate_series(0, 19999) AS i"
    )
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        first = exporter.scrape()
        shop.connection.execute("INSERT INTO jobs (kind) SELECT 'a' || i FROM generate_series(1, 50) AS i")
        second = exporter.scrape()
    lanes = [scrape.values("jobqueue_jobs", "queue", "kind", "state") for scrape in (first, second)]
    names = [{key[:2] for key in told} for told in lanes]
    assert (len(names[0]), ("_other", "") in names[0]) == (201, True)
    assert names[1] == names[0]
    assert {count for (queue, _, state), count in lanes[0].items() if queue == "jobs" and state == "pending"} == {1}
    assert [_sum(told, "pending") for told in lanes] == [10_000, 10_050]
    assert [_sum(told, "dead_letter") for told in lanes] == [10_000, 10_000]
    assert lanes[1]["_other", "", "pending"] == 9850
    assert first.values("jobqueue_label_values_folded", "label")["kind",] == 9800
    assert second.values("jobqueue_label_values_folded", "label")["kind",] == 9850


def _sum(told: dict[tuple[str, ...], float], state: str) -> float:
    return sum(count for key, count in told.items() if key[-1] == state)


@pytest.fixture
def odd(shop: Database) -> Database:
    """A database with jobs of odd kinds: of the first one, of the second two, and so on."""
    for count, kind in enumerate(ODD, 1):
        shop.connection.execute("INSERT INTO jobs (kind) SELECT %s FROM generate_series(1, %s)", [kind, count])
    return shop


@pytest.mark.parametrize("output", ["text", "openmetrics"])
def test_a_kind_may_be_any_text(odd: Database, tmp_path: Path, output: str) -> None:
    done = run("once", "--config", str(configured(tmp_path, odd.dsn)), "--output", output)
    assert done.exit_code == 0
    assert Scrape(done.stdout).jobs == {(kind, "pending"): count for count, kind in enumerate(ODD, 1)}


def test_promtool_finds_nothing_wrong_with_any_kind(odd: Database, tmp_path: Path) -> None:
    done = run("once", "--config", str(configured(tmp_path, odd.dsn)))
    checked = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=done.stdout.encode(), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_no_kind_becomes_markup_or_a_second_line_of_the_log(
    odd: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd.connection.execute("INSERT INTO jobs (kind, state) SELECT kind, kind FROM jobs GROUP BY kind")
    with serving_of(configured(tmp_path, odd.dsn)) as exporter:
        assert exporter.scrape().up
        assert "<script>" not in exporter._get("/")
    assert [line for line in caplog.messages if "two" in line] != []
    assert [line for line in caplog.messages if "\n" in line or "\x01" in line or "\u2028" in line] == []
