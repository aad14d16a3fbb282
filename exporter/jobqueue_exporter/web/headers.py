"""What every page says of itself: nothing but its own files may run or be loaded, and it is not kept."""

from __future__ import annotations

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src data:; script-src 'self'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "deny",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
