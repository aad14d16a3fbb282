"""What a client accepts."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from jobqueue_exporter.web.negotiation import form, takes_gzip
from jobqueue_exporter.web.rendering import Form


@pytest.mark.parametrize(
    "header",
    ["gzip", "GZIP", "deflate, gzip", "gzip;q=1.0, *;q=0", "br, gzip; q=0.5", "gzip;q=0.001", " gzip ", "gzip;q=10"],
)
def test_gzip_is_taken(header: str) -> None:
    assert takes_gzip(header)


@pytest.mark.parametrize(
    "header", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip-not", "gzipped", "deflate;gzip", "*"]
)
def test_gzip_is_not_taken(header: str) -> None:
    assert not takes_gzip(header)


def test_wishes_that_come_to_the_same_are_the_same_form() -> None:
    wishes = ["", "*/*", "text/html", "application/openmetrics-text;q=0", "x/y;version=1"]
    assert {form(Headers({"accept": wish})) for wish in wishes} == {Form("", gzip=False)}


def test_a_wish_may_be_spread_over_several_headers() -> None:
    headers = Headers(raw=[(b"accept", b"text/html"), (b"accept", b"text/plain"), (b"accept-encoding", b"gzip")])
    assert form(headers) == Form("text/plain;version=0.0.4", gzip=True)
