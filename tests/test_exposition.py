from __future__ import annotations

import gzip
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text_families

from jobqueue_exporter import catalog, exposition
from jobqueue_exporter.exposition import ExporterFacts
from jobqueue_exporter.model import Facts, Lane, LaneJobs, Snapshot, State
from tests.full_snapshot import down, full, scrape
from tests.tooling import tool

GOLDEN = Path(__file__).parent / "golden" / "scrape.txt"
ITSELF = ExporterFacts(version="0.1.0", config_reload_ok=True)
TEXT = "text/plain; version=0.0.4; charset=utf-8"
TEXT_1 = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"


def text(*snapshots: Snapshot, accept: str = "") -> str:
    return exposition.render(snapshots, accept=accept, exporter=ITSELF)[0].decode()


def of_kinds(*kinds: str) -> Snapshot:
    lanes = {Lane("mail", kind): LaneJobs(counts={State.PENDING: n}) for n, kind in enumerate(kinds)}
    return Snapshot(source="shop", engine="table", read_at=0, up=True, facts=Facts(lanes=lanes))


def kinds_of(families: list[Metric]) -> list[str]:
    return [s.labels["kind"] for f in families for s in f.samples if s.name == "jobqueue_jobs"]


def openmetrics_families(body: str) -> list[Metric]:
    return list(openmetrics.text_string_to_metric_families(body))  # type: ignore[no-untyped-call]  # untyped there


def promtool(body: str) -> tuple[int, bytes]:
    command = [str(tool("promtool")), "check", "metrics"]
    found = subprocess.run(command, input=body.encode(), capture_output=True, check=False)
    return found.returncode, found.stdout + found.stderr


def test_a_scrape_of_one_source_that_tells_all_and_one_that_is_down_reads_like_this() -> None:
    wanted = GOLDEN.read_text()
    assert scrape() == wanted, "if it is meant: python -m tests.full_snapshot > tests/golden/scrape.txt"


def test_promtool_finds_nothing() -> None:
    assert promtool(scrape()) == (0, b"")


def test_openmetrics_says_the_same_with_types_and_units_of_its_own() -> None:
    families = openmetrics_families(text(full(), down(), accept="application/openmetrics-text"))
    plain = [sample for family in text_families(GOLDEN.read_text()) for sample in family.samples]
    assert [sample for family in families for sample in family.samples] == plain
    assert {f.name: (f.type, f.unit) for f in families if f.name.startswith("jobqueue_job")} == {
        "jobqueue_jobs": ("gauge", ""),
        "jobqueue_jobs_capped": ("gauge", ""),
        "jobqueue_jobs_enqueued": ("counter", ""),
        "jobqueue_jobs_finished": ("counter", ""),
        "jobqueue_job_wait_seconds": ("histogram", "seconds"),
        "jobqueue_job_run_seconds": ("histogram", "seconds"),
    }


def test_every_metric_of_the_catalogue_is_written_under_its_name_and_type() -> None:
    families = openmetrics_families(text(full(), accept="application/openmetrics-text"))
    suffix = {"counter": "_total", "info": "_info"}
    assert {(f"{f.name}{suffix.get(f.type, '')}", f.type) for f in families} == {
        (metric.name, metric.type) for metric in catalog.METRICS
    }


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        pytest.param("", TEXT, id="nothing"),
        pytest.param("*/*", TEXT, id="curl"),
        pytest.param("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT, id="browser"),
        pytest.param(
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OPENMETRICS,
            id="Prometheus 2",
        ),
        pytest.param(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
            "application/openmetrics-text;version=0.0.1;q=0.4,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            OPENMETRICS,
            id="Prometheus 3",
        ),
        pytest.param("application/openmetrics-text", OPENMETRICS, id="no version"),
        pytest.param("text/plain; version=1.0.0", TEXT_1, id="newer text"),
        pytest.param("application/openmetrics-text;q=0.1, text/plain;q=0.9", TEXT, id="by weight"),
        pytest.param("application/openmetrics-text;q=0", TEXT, id="not at any price"),
        pytest.param("application/openmetrics-text;version=2.0.0", TEXT, id="a version of the future"),
        pytest.param("application/openmetrics-text;version=one", TEXT, id="a version that is no number"),
        pytest.param("application/openmetrics-text;q=much", TEXT, id="a weight that is no number"),
        pytest.param("Application/OpenMetrics-Text; Version=1.0.0", OPENMETRICS, id="capitals"),
    ],
)
def test_the_format_is_what_the_client_asks_for(accept: str, content_type: str) -> None:
    assert exposition.render((), accept=accept, exporter=ITSELF)[1] == content_type


@settings(deadline=None, database=None)
@given(st.text(alphabet="/;,=. q01aexpplnitvros-ö"))
def test_no_accept_header_is_too_strange(accept: str) -> None:
    assert exposition.render((), accept=accept, exporter=ITSELF)[1] in {TEXT, TEXT_1, OPENMETRICS}


def test_a_family_stands_once_however_many_sources_there_are() -> None:
    lines = text(full(), replace(full(), source="other"), down()).splitlines()
    declared = Counter(line for line in lines if line.startswith("# "))
    assert [line for line, n in declared.items() if n > 1] == []


def test_no_series_stands_twice() -> None:
    lines = text(full(), replace(full(), source="other"), full()).splitlines()
    series = Counter(line.rpartition(" ")[0] for line in lines if not line.startswith("#"))
    assert [name for name, n in series.items() if n > 1] == []


def test_of_two_snapshots_of_one_source_the_last_counts() -> None:
    assert text(down(), replace(full(), source="shop")) == text(replace(full(), source="shop"))


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(st.text(), unique=True, max_size=5))
def test_label_values_come_out_as_they_went_in(kinds: list[str]) -> None:
    for accept, parse in (("", text_families), ("application/openmetrics-text", openmetrics_families)):
        assert kinds_of(list(parse(text(of_kinds(*kinds), accept=accept)))) == kinds


@pytest.mark.parametrize(
    "kind",
    ['say "hi"', "back\\slash", "two\nlines", "\\n", "\r\t", "\0", "💥 é", "{a='b'}", "\u2028", "}", " "],
)
def test_promtool_reads_every_kind(kind: str) -> None:
    assert promtool(text(of_kinds(kind))) == (0, b"")


def test_a_lone_surrogate_is_spelt_out() -> None:
    assert kinds_of(list(text_families(text(of_kinds("a\ud800b"))))) == ["a\\ud800b"]


def test_kinds_that_are_written_alike_are_one_series() -> None:
    assert kinds_of(list(text_families(text(of_kinds("\udfff", "\\udfff"))))) == ["\\udfff"]


def test_a_compressed_body_is_the_body_and_always_the_same() -> None:
    body = text(full()).encode()
    assert gzip.decompress(exposition.gzipped(body)) == body
    assert exposition.gzipped(body) == exposition.gzipped(body)
