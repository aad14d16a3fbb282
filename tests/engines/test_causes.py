"""Why a job is dead, by its error text."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import CauseRule
from jobqueue_exporter.engines.causes import causes
from jobqueue_exporter.model import Cause

RECOVERABLE = [
    "HTTP 503",
    "HTTP/1.1 429 Too Many Requests",
    "status=504",
    "(408)",
    "upload timed out",
    "TimeoutError: Navigation timeout of 30000 ms exceeded",
    "ReadTimeoutError",
    "ETIMEDOUT",
    "context deadline exceeded",
    "RateLimitError",
    "rate limit exceeded",
    "too_many_requests",
    "temporarily unavailable",
    "503 Service Unavailable",
    "Connection refused",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "read ECONNRESET",
    "please try again later",
    "timed out after 400 ms",
]
USER_ERROR = [
    "HTTP 400",
    "HTTP 404: no such video",
    "400",
    "error 404.",
    "code: 422",
    "invalid input",
    "Invalid URL 'x'",
    "ValidationError: title is required",
    "video not found",
    "unsupported codec",
    "Bad Request",
]
SYSTEM_ERROR = [
    "HTTP 500",
    "502 Bad Gateway",
    "HTTP 401",
    "403 Forbidden",
    "401 Unauthorized: not found",
    "invalid credentials",
    "access token has expired",
    "expired OAuth token",
    "ffmpeg: command not found",
    "sh: 1: yt-dlp: not found",
    "/bin/sh: line 3: ffmpeg: not found",
    "spawn ffmpeg ENOENT",
    "[Errno 2] No such file or directory: 'ffmpeg'",
    "Out of memory",
    "MemoryError: OutOfMemory",
    "OOMKilled",
    "Process was killed by SIGKILL",
    "Segmentation fault (core dumped)",
    "java.lang.NullPointerException",
    "unexpected token",
    "internal error",
    "permission denied for table clips",
]
UNKNOWN = [
    "",
    None,
    "1400 ms",
    "400 ms",
    "took 503s",
    "runtime output was empty",
    "took 503 seconds",
    "size 4.400",
    "404px wide",
    "frame 500 of 1000",
    "chunk 400/1000",
    "1920x400",
    "job-400",
    "bitrate limit",
    "500 frames dropped",
    "id 14004",
    "something else",
]


@pytest.mark.parametrize(
    ("error", "cause"),
    [(text, Cause.RECOVERABLE) for text in RECOVERABLE]
    + [(text, Cause.USER_ERROR) for text in USER_ERROR]
    + [(text, Cause.SYSTEM_ERROR) for text in SYSTEM_ERROR]
    + [(text, Cause.UNKNOWN) for text in UNKNOWN],
)
def test_an_error_text_tells_the_cause(error: str | None, cause: Cause) -> None:
    assert causes(()).of(error) is cause


def test_the_rules_of_a_source_come_first_and_in_order() -> None:
    rules = causes(
        (
            CauseRule(match=r"\bHTTP 404 from cdn\b", cause=Cause.RECOVERABLE),
            CauseRule(match="404", cause=Cause.SYSTEM_ERROR),
        )
    )

    assert rules.of("http 404 from CDN") is Cause.RECOVERABLE
    assert rules.of("HTTP 404") is Cause.SYSTEM_ERROR
    assert rules.of("HTTP 400") is Cause.USER_ERROR


def test_only_the_beginning_of_a_long_error_is_looked_at() -> None:
    assert causes(()).of("x" * 990 + " HTTP 404") is Cause.USER_ERROR
    assert causes(()).of("x" * 1000 + " HTTP 404") is Cause.UNKNOWN
