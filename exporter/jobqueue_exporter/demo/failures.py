"""The ways in which simulated jobs fail, with error texts such as real ones have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """One way to fail."""

    code: str
    message: str


TIMEOUT = Failure("ETIMEDOUT", "TimeoutError: no answer from the speech service within 1400 ms")
UNAVAILABLE = Failure("HTTP_503", "HTTP 503 Service Unavailable: analytics service is overloaded")
INVALID = Failure("HTTP_400", "HTTP 400: invalid input: clip_end (12.0) is before clip_start (48.5)")
NOT_FOUND = Failure("HTTP_404", "HTTP 404: source video not found in bucket uploads")
CRASH = Failure("SIGSEGV", "Unexpected crash: encoder ended with signal 11 (core dumped)")
EXPIRED = Failure("HTTP_401", "HTTP 401 Unauthorized: TikTok access token expired")
ODD = Failure("E_ODD", "frame 2917 does not match its checksum")
NO_FFMPEG = Failure("ENOENT", "ffmpeg: command not found")
LEASE_EXPIRED = Failure("LEASE_EXPIRED", "lease expired: the worker stopped sending heartbeats")

# Gone at the next attempt, mostly.
PASSING = (TIMEOUT, UNAVAILABLE, CRASH)
# In the job itself: every attempt meets them again.
LASTING = (INVALID, NOT_FOUND, ODD)

ALL = {failure.code: failure for failure in (*PASSING, *LASTING, EXPIRED, NO_FFMPEG, LEASE_EXPIRED)}
