"""Whether the programs that jobs need are there."""

from __future__ import annotations

import pytest

from jobqueue_exporter.health import Status
from jobqueue_exporter.model import Binary, Facts, Place
from tests.test_health import check, read

_, OK, WARNING, FAILED = Status


@pytest.mark.parametrize(
    ("binaries", "expected"),
    [
        pytest.param(
            (Binary("ffmpeg", Place.WORKER, True), Binary("sox", Place.EXPORTER, True)),
            (OK, "Found: ffmpeg, sox."),
            id="all there",
        ),
        pytest.param(
            (Binary("ffmpeg", Place.EXPORTER, False), Binary("ffmpeg", Place.WORKER, True)),
            (WARNING, "Nobody reports whether sox is there."),
            id="workers know better than the exporter's host",
        ),
        pytest.param(
            (Binary("ffmpeg", Place.WORKER, False), Binary("ffmpeg", Place.EXPORTER, True)),
            (FAILED, "ffmpeg is missing on a live worker. Nobody reports whether sox is there."),
            id="missing",
        ),
        pytest.param(
            None,
            (WARNING, "Nobody reports whether ffmpeg is there. Nobody reports whether sox is there."),
            id="nobody reports",
        ),
    ],
)
def test_binaries(binaries: tuple[Binary, ...] | None, expected: tuple[Status, str]) -> None:
    assert check("binary", read(Facts(binaries=binaries)), "ffmpeg", "sox") == expected


def test_a_program_that_is_known_to_be_missing_is_a_warning_where_none_is_required() -> None:
    binaries = (Binary("ffmpeg", Place.WORKER, False), Binary("sox", Place.WORKER, True))
    said = "ffmpeg is missing on a live worker. The configuration does not require it (`binaries:`)."
    assert check("binary", read(Facts(binaries=binaries))) == (WARNING, said)
    assert check("binary", read(Facts(binaries=binaries[1:]))) == (OK, "Found: sox.")
