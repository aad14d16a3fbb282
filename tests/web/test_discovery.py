"""Where Prometheus is told to find the sources."""

from __future__ import annotations

import pytest

from jobqueue_exporter.web import discovery


@pytest.mark.parametrize(
    ("base", "address", "path", "scheme"),
    [
        ("http://exporter:10227", "exporter:10227", "/probe", "http"),
        ("http://exporter", "exporter:80", "/probe", "http"),
        ("https://jobs.example.com/", "jobs.example.com:443", "/probe", "https"),
        ("https://jobs.example.com:8443/a/b", "jobs.example.com:8443", "/a/b/probe", "https"),
        ("http://[::1]:10227", "[::1]:10227", "/probe", "http"),
        ("http://[::1]", "[::1]:80", "/probe", "http"),
        ("https://user:secret@jobs.example.com", "jobs.example.com:443", "/probe", "https"),
    ],
)
def test_a_target_is_the_exporter_by_its_url(base: str, address: str, path: str, scheme: str) -> None:
    assert discovery.targets(["shop"], base) == [
        {
            "targets": [address],
            "labels": {
                "__scheme__": scheme,
                "__metrics_path__": path,
                "__param_source": "shop",
                "instance": f"{address}/shop",
            },
        }
    ]


@pytest.mark.parametrize("host", ["exporter", "exporter:10227", "10.0.0.7:80", "[::1]:10227"])
def test_a_client_reached_us_where_it_says(host: str) -> None:
    assert discovery.reached("http", host, ("127.0.0.1", 10227)) == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    [None, "", "a b", "a/b", "user@host", "host:port", "host:99999", "[::1", "a\nb", "host:1:2", '"', "<b>", "ä"],
)
def test_a_host_that_is_none_is_replaced_by_our_own_address(host: str | None) -> None:
    assert discovery.reached("http", host, ("127.0.0.1", 10227)) == "http://127.0.0.1:10227"
    assert discovery.reached("https", host, ("::1", 1)) == "https://[::1]:1"
