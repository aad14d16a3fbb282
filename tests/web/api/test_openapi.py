"""The OpenAPI description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from jobqueue_exporter.config.types import Server
from jobqueue_exporter.web.api import routes
from jobqueue_exporter.web.api.__main__ import written
from jobqueue_exporter.web.api.operation import Query
from jobqueue_exporter.web.api.operations import OPERATIONS
from tests.web.api.exporter import ask, users
from tests.web.certificates import MTLS, Desk, client_of
from tests.web.served import config, served

COMMITTED = Path(__file__).resolve().parents[3] / "exporter" / "openapi.json"
PATH = "/api/v1/openapi.json"


def test_the_committed_one_is_as_the_code_has_it() -> None:
    assert COMMITTED.read_text() == written(), "run: make generated"


def test_it_is_valid() -> None:
    OpenAPIV31SpecValidator(json.loads(written())).validate()


def test_what_is_served_is_valid_and_of_the_same_paths_and_types() -> None:
    with served() as server:
        found: Any = ask(server, PATH).body
    OpenAPIV31SpecValidator(found).validate()
    committed = json.loads(written())
    assert found["components"] == committed["components"]
    assert found["paths"].keys() == committed["paths"].keys()


def test_there_is_a_route_for_what_is_described_and_no_other() -> None:
    made = [route.path for route in routes.routes(None)]  # type: ignore[arg-type]  # no request is answered
    assert made == [*json.loads(written())["paths"], "/api/{rest:path}"]


def test_every_parameter_is_one_that_is_read() -> None:
    named = {name for operation in OPERATIONS for name in operation.parameters}
    assert named == set(Query.__struct_fields__)


def test_parameters_are_described_with_their_limits() -> None:
    (limit, source) = json.loads(written())["paths"]["/api/v1/dlq/failures"]["get"]["parameters"]
    assert limit == {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "How many at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    }
    assert (source["name"], source["schema"]) == ("source", {"type": "string"})


@pytest.mark.parametrize(
    ("external", "told"),
    [(None, "http://exporter.example:10227"), ("https://jobs.example.com/queue/", "https://jobs.example.com/queue")],
)
def test_it_says_where_the_exporter_is(external: str | None, told: str) -> None:
    with served(config(server=Server(external_url=external))) as server:
        found = json.loads(server.ask(PATH, {"Host": "exporter.example:10227"}).body)
    assert found["servers"] == [{"url": told}]


def test_an_exporter_that_lets_everybody_in_says_so() -> None:
    with served() as server:
        found: Any = ask(server, PATH).body
    assert (found["security"], found["paths"]["/readyz"]["get"]["security"]) == ([], [])


def test_a_password_is_described_where_one_is_needed(tmp_path: Path) -> None:
    with served(web_config=users(tmp_path)) as server:
        found: Any = ask(server, PATH, known=True).body
    assert found["security"] == [{"basic": []}]
    assert [path for path, each in found["paths"].items() if "security" in each["get"]] == ["/healthz", "/readyz"]
    assert found["paths"]["/healthz"]["get"]["security"] == []
    assert found["paths"]["/readyz"]["get"]["security"] == [{}, {"basic": []}]


def test_a_certificate_is_described_where_one_is_needed_and_nothing_goes_without(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.trust_clients_of(desk.authority)
    client = client_of(desk.authority, desk.authority.issue_cert("monitor"))
    with served(web_config=desk.write(MTLS)) as server:
        found = json.loads(server.ask(PATH, tls=client).body)
    assert found["security"] == found["paths"]["/readyz"]["get"]["security"] == [{"certificate": []}]
