"""What is answered at which path."""

from __future__ import annotations

import gzip
import json

import pytest

from jobqueue_exporter import __version__
from jobqueue_exporter.config.types import Config, Server
from jobqueue_exporter.errors import ConfigError
from tests.web.reader_by_hand import ready
from tests.web.served import config, served, soon

PENDING = 'jobqueue_jobs{{kind="SEND",queue="mail",source="{}",state="pending"}} 3.0'


def test_metrics_tell_of_every_source() -> None:
    with served(config("shop", "mail")) as server:
        reply = server.ask("/metrics")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert PENDING.format("shop") in reply.text
    assert PENDING.format("mail") in reply.text


def test_a_client_that_prefers_openmetrics_gets_it() -> None:
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    with served() as server:
        reply = server.ask("/metrics", {"Accept": accept})
    assert reply.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0;")
    assert reply.text.endswith("# EOF\n")


def test_a_client_that_takes_gzip_gets_the_same_in_less() -> None:
    with served() as server:
        plain = server.ask("/probe?source=shop")
        small = server.ask("/probe?source=shop", {"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert PENDING.format("shop") in gzip.decompress(small.body).decode()
    assert len(small.body) < len(plain.body)
    assert plain.headers["vary"] == small.headers["vary"] == "Accept, Accept-Encoding"


def test_a_probe_tells_of_one_source_and_reads_no_other() -> None:
    readers = {"shop": ready(), "mail": ready()}
    with served(config("shop", "mail"), readers) as server:
        soon(lambda: readers["mail"].reads == 1)
        reply = server.ask("/probe?source=shop")
        assert readers["mail"].reads == 1
    assert PENDING.format("shop") in reply.text
    assert 'source="mail"' not in reply.text


@pytest.mark.parametrize(
    "query",
    ["", "?source=", "?target=shop"],
)
def test_a_probe_of_nothing_is_refused_with_the_names(query: str) -> None:
    with served(config("shop", "mail")) as server:
        reply = server.ask(f"/probe{query}")
    assert (reply.status, reply.text) == (400, "/probe needs ?source=NAME, one of: shop, mail\n")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nope", "'nope'"),
        ("shop%00", r"'shop\x00'"),
        ("<b>%C3%A9%0A", r"'&lt;b&gt;\xe9\n'"),
        ("x" * 500, f"'{'x' * 60}'"),
        ("postgresql://u:secret@h/d", "that"),
    ],
)
def test_a_probe_of_a_name_that_nobody_configured_is_told_so_in_plain_and_short(source: str, told: str) -> None:
    with served(config("shop", "mail")) as server:
        reply = server.ask(f"/probe?source={source}")
    assert reply.status == 400
    assert reply.text == f"no source is called {told}; /probe needs ?source=NAME, one of: shop, mail\n"


def test_metrics_of_an_exporter_that_is_probed_tell_only_of_itself() -> None:
    readers = {"shop": ready()}
    with served(config("shop", server=Server(metrics="self")), readers) as server:
        soon(lambda: readers["shop"].reads == 1)
        reply = server.ask("/metrics")
        assert readers["shop"].reads == 1
    assert f'jobqueue_exporter_build_info{{version="{__version__}"}} 1.0' in reply.text
    assert "source=" not in reply.text


def test_a_source_that_is_down_is_told_with_status_200() -> None:
    with served(readers={"shop": ready(error="connection refused")}) as server:
        reply = server.ask("/metrics")
    assert reply.status == 200
    assert 'jobqueue_source_up{source="shop"} 0.0' in reply.text
    assert "jobqueue_jobs{" not in reply.text


def test_service_discovery_lists_the_sources_at_the_address_that_was_asked() -> None:
    with served(config("shop", "mail")) as server:
        reply = server.ask("/sd", {"Host": "exporter.example:10227"})
    assert reply.headers["content-type"] == "application/json"
    assert json.loads(reply.body) == [
        {
            "targets": ["exporter.example:10227"],
            "labels": {
                "__scheme__": "http",
                "__metrics_path__": "/probe",
                "__param_source": name,
                "instance": f"exporter.example:10227/{name}",
            },
        }
        for name in ("shop", "mail")
    ]


def test_service_discovery_prefers_the_address_that_was_configured() -> None:
    with served(config("shop", server=Server(external_url="https://jobs.example.com/queue/"))) as server:
        found = json.loads(server.ask("/sd", {"Host": "10.0.0.7:10227"}).body)
    assert found[0]["targets"] == ["jobs.example.com:443"]
    assert found[0]["labels"]["__scheme__"] == "https"
    assert found[0]["labels"]["__metrics_path__"] == "/queue/probe"


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_health_of_the_exporter_touches_no_source(path: str) -> None:
    readers = {"shop": ready()}
    with served(readers=readers) as server:
        soon(lambda: readers["shop"].reads == 1)
        reply = server.ask(path)
        assert readers["shop"].reads == 1
    assert (reply.status, reply.text) == (200, "ok\n")


@pytest.mark.parametrize("path", ["/", "/metrics", "/probe?source=shop", "/sd", "/-/healthy", "/static/style.css"])
def test_head_says_what_get_would_without_a_body(path: str) -> None:
    with served() as server:
        reply = server.ask(path, method="HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/nope", "/metrics/", "/Metrics", "//metrics", "/probe/shop", "/-/quit", "/%2e%2e/"])
def test_any_other_path_is_not_found_and_says_what_there_is(path: str) -> None:
    with served() as server:
        reply = server.ask(path)
    assert reply.status == 404
    assert "/metrics, /probe?source=NAME" in reply.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/metrics", "/probe", "/sd", "/-/healthy"])
def test_nothing_can_be_written(method: str, path: str) -> None:
    with served() as server:
        assert server.ask(path, method=method).status == 405


def test_reloading_by_http_is_off_unless_asked_for() -> None:
    with served(reload=config) as server:
        reply = server.ask("/-/reload", method="POST")
    assert reply.status == 403
    assert "server.reload" in reply.text


def test_reloading_needs_a_post() -> None:
    with served(config(server=Server(reload=True)), reload=config) as server:
        assert server.ask("/-/reload").status == 405


def test_a_reload_takes_up_new_sources() -> None:
    after = config("mail", server=Server(reload=True))
    with served(config("shop", server=Server(reload=True)), {"shop": ready()}, reload=lambda: after) as server:
        server.readers["mail"] = ready()
        reply = server.ask("/-/reload", method="POST")
        assert (reply.status, reply.text) == (200, "configuration reloaded\n")
        assert PENDING.format("mail") in server.ask("/metrics").text
        assert server.ask("/probe?source=shop").status == 400


def test_a_bad_configuration_leaves_the_old_one_in_force_and_says_so() -> None:
    def bad() -> Config:
        raise ConfigError("jobqueue.yml:3: sources[0].dsn: it is missing", "jobqueue.yml:9: odd: unknown key")

    with served(config("shop", server=Server(reload=True)), reload=bad) as server:
        assert "jobqueue_config_last_reload_success 1.0" in server.ask("/metrics").text
        reply = server.ask("/-/reload", method="POST")
        metrics = server.ask("/metrics").text
    assert reply.status == 500
    assert reply.text == "jobqueue.yml:3: sources[0].dsn: it is missing\njobqueue.yml:9: odd: unknown key\n"
    assert "jobqueue_config_last_reload_success 0.0" in metrics
    assert PENDING.format("shop") in metrics
