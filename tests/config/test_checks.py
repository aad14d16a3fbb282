from __future__ import annotations

import msgspec
import pytest

from jobqueue_exporter.config import checks
from jobqueue_exporter.config.nodes import Where
from jobqueue_exporter.config.types import Config
from tests.config.conftest import Problems


@pytest.mark.parametrize(
    "name", ["jobs", "public.jobs", "_j$1", '"Job"', 'public."My jobs"', '"a""b"', "jöbs", "x" * 63]
)
def test_a_name_that_sql_takes_for_a_table_is_fine(name: str) -> None:
    assert checks.table_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a.b.c",
        ".jobs",
        "jobs.",
        "my jobs",
        "1jobs",
        'a"b',
        '"a',
        '""',
        "a;b",
        "a-b",
        "x" * 64,
        "jobs\n",
        "a\0",
    ],
)
def test_what_can_be_no_table_is_told_how_to_write_one(name: str) -> None:
    assert checks.table_name(name) == 'expected the name of a table, as in jobs, public.jobs or public."Job"'


@pytest.mark.parametrize("name", ["state", "my state", 'a"b', "ö" * 31])
def test_any_name_of_the_catalog_can_be_a_column(name: str) -> None:
    assert checks.column_name(name) is None


@pytest.mark.parametrize("name", ["", "ö" * 32, "a\0"])
def test_what_can_be_no_column_is_refused(name: str) -> None:
    assert checks.column_name(name) == "expected the name of a column, of 1 to 63 bytes"


@pytest.mark.parametrize(
    "address",
    [":10227", ":0", "127.0.0.1:80", "localhost:80", "my-host.example:80", "[::1]:80", "[fe80::1%eth0]:80"],
)
def test_an_address_to_listen_on_is_fine(address: str) -> None:
    assert checks.listen_address(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "10227",
        "localhost",
        ":",
        ":x",
        ":65536",
        ":-1",
        "::1:80",
        "[::1]",
        "1.2.3.4.5:80",
        "999.1.1.1:80",
        "a b:80",
        "http://a:80",
        "::80",
    ],
)
def test_what_is_no_address_is_told_how_to_write_one(address: str) -> None:
    got = "" if "://" in address else f", got {address!r}"
    assert checks.listen_address(address) == (
        f"expected an address and a port from 0 to 65535, as in :10227, 127.0.0.1:10227 or [::1]:10227{got}"
    )


@pytest.mark.parametrize(
    "url", ["http://localhost:10227", "https://jobs.example.com", "https://a/b/", "http://[::1]:1"]
)
def test_the_url_of_a_site_is_fine(url: str) -> None:
    assert checks.web_address(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "jobs.example.com",
        "ftp://a",
        "https://",
        "https://u:p@a",
        "https://a?b",
        "https://a#b",
        "https://a b",
        "https://a:x",
        "https://[a",
    ],
)
def test_what_is_no_url_of_a_site_is_told_how_to_write_one(url: str) -> None:
    assert checks.web_address(url) == ("expected a URL such as https://jobs.example.com, without user, ? and #")


def test_a_regular_expression_must_compile() -> None:
    assert checks.regular_expression("(?i)time.?out") is None
    assert checks.regular_expression("a(") == (
        "not a regular expression of Python: missing ), unterminated subpattern at position 1"
    )


@pytest.mark.parametrize("address", ["http://h/healthz", "https://u:p@h:8443/x?y=1"])
def test_the_address_of_an_api_is_fine(address: str) -> None:
    assert checks.api_address(address) is None


@pytest.mark.parametrize("address", ["", "/healthz", "h/healthz", "redis://h", "postgresql://h/d"])
def test_what_is_no_address_of_an_api_is_told_how_to_write_one(address: str) -> None:
    assert checks.api_address(address) == "expected an address such as https://host/healthz"


@pytest.mark.parametrize("value", ["x", "Bearer abc.def", "a\tb", "ü"])
def test_a_value_that_fits_in_a_header_is_fine(value: str) -> None:
    assert checks.header_value(value) is None


@pytest.mark.parametrize("value", ["", " a", "a ", "a\nb", "a\r\nX: y", "a\0", "€"])
def test_what_fits_in_no_header_is_refused_without_being_shown(value: str) -> None:
    assert (
        checks.header_value(value) == "expected a value that fits in one line and neither starts nor ends with a space"
    )


def test_checks_are_made_where_they_belong(problems: Problems) -> None:
    text = """\
server: {listen: nowhere, external_url: nowhere}
sources:
  - name: a
    dsn: mysql://h/d
    write_dsn: mysql://h/d
    schema: ""
    bullmq: {queues: [""]}
    http: {headers: {X-Token: ""}, liveness: nowhere, queue: " "}
    table: a b
    columns: {id: ""}
    events: {table: a b, job_id: "", stage: "", created_at: ""}
    heartbeats: {table: a b}
    dead_letters: {table: a b, id: "", queue: "", kind: "", status: "", attempts: "", error: "", created_at: ""}
    binaries: [" "]
    causes: [{match: "(", cause: unknown}]
links: {runbooks: here, grafana: there, prometheus: ftp://p, prometheus_job: " "}
"""
    places = {problem.split(": ")[1] for problem in problems(text)}
    assert places == {dotted(pattern) for pattern, _ in checks.VALUES}


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in checks.VALUES], ids=str)
def test_each_check_is_for_a_key_that_exists(pattern: Where) -> None:
    kinds = [msgspec.inspect.type_info(Config)]
    for part in pattern:
        kinds = [inner for kind in kinds for inner in below(kind, part)]
    assert kinds


def below(kind: msgspec.inspect.Type, part: str | int) -> list[msgspec.inspect.Type]:
    if isinstance(kind, msgspec.inspect.Metadata):
        return below(kind.type, part)
    if isinstance(kind, msgspec.inspect.UnionType):
        return [inner for member in kind.types for inner in below(member, part)]
    if isinstance(kind, msgspec.inspect.VarTupleType):
        return [kind.item_type]
    if isinstance(kind, msgspec.inspect.DictType):
        return [kind.value_type]
    if isinstance(kind, msgspec.inspect.StructType):
        return [field.type for field in kind.fields if part in ("*", field.encode_name)]
    return []


def dotted(pattern: Where) -> str:
    column = {"columns": ".id", "headers": ".X-Token"}.get(str(pattern[-2]), "[0]")
    steps = [".*" if part == "*" else f".{part}" for part in pattern]
    text = "".join(steps).removeprefix(".")
    return text.removesuffix(".*").replace(".*", "[0]") + (column if text.endswith(".*") else "")
