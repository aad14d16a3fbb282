"""What a client accepts."""

from __future__ import annotations

import pytest

from jobqueue_exporter.web.negotiation import takes_gzip


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
