"""How long a request may wait for the sources."""

from __future__ import annotations

import math

HEADER = "X-Prometheus-Scrape-Timeout-Seconds"
MARGIN_SECONDS = 0.5
MARGIN_RATIO = 0.2


def patience(header: str | None, own: float) -> float:
    """Seconds to wait: our own limit, or less when the scraper gives up before that.

    What is kept back of the scraper's time is for writing the answer. A header that is no time is ignored.
    """
    try:
        given = float(header) if header is not None else math.nan
    except ValueError:
        return own
    if not math.isfinite(given) or given <= 0:
        return own
    return min(own, given - min(MARGIN_SECONDS, MARGIN_RATIO * given))
