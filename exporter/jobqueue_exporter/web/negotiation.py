"""What a client accepts."""

from __future__ import annotations

from starlette.datastructures import Headers

from jobqueue_exporter import exposition
from jobqueue_exporter.web.rendering import Form


def form(headers: Headers) -> Form:
    """How to write a scrape for a client with these headers."""
    accept, encoding = (", ".join(headers.getlist(name)) for name in ("accept", "accept-encoding"))
    # One of a few words, so that clients who write the same wish differently share one rendering.
    return Form(exposition.preferred(accept), takes_gzip(encoding))


def takes_gzip(accept_encoding: str) -> bool:
    """Whether this Accept-Encoding header lets us compress."""
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return weight.strip("0.") != "" or not weight
    return False
