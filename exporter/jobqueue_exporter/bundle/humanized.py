"""Numbers as Prometheus writes them in the texts of alerts."""

from __future__ import annotations

import math
from decimal import Decimal

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")


def plain(value: float) -> str:
    """As few digits as say which number it is, as `{{ $value }}`."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return _endless(value)
    sign, digits, exponent = _digits(value)
    if exponent < -4 or exponent >= 6:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{exponent:+03d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole, rest = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def humanize(value: float) -> str:
    """Four digits, and a letter for thousands or thousandths."""
    if value == 0 or not math.isfinite(value):
        return _four(value)
    if abs(value) < 1:
        return "{}{}".format(*_small(value))
    prefix = ""
    for letter in _LARGE:
        if abs(value) < 1000:
            break
        prefix = letter
        value /= 1000
    return f"{_four(value)}{prefix}"


def duration(seconds: float) -> str:
    """Days, hours, minutes and seconds; four digits below a minute."""
    if not math.isfinite(seconds):
        return _four(seconds)
    if seconds == 0:
        return f"{_four(seconds)}s"
    if abs(seconds) < 1:
        return "{}{}s".format(*_small(seconds))
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {rest}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {rest}s"
    return f"{sign}{minutes}m {rest}s" if minutes else f"{sign}{_four(seconds)}s"


def percentage(part: float) -> str:
    """Four digits of hundredths."""
    return f"{_four(part * 100)}%"


def _four(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else _endless(value)


def _endless(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _small(value: float) -> tuple[str, str]:
    prefix = ""
    for letter in _SMALL:
        if abs(value) >= 1:
            break
        prefix = letter
        value *= 1000
    return _four(value), prefix


def _digits(value: float) -> tuple[str, str, int]:
    """Sign, the digits of the shortest form, and the power of ten of the first."""
    shortest = Decimal(repr(abs(value)))
    digits = "".join(map(str, shortest.as_tuple().digits)).rstrip("0") or "0"
    return "-" if math.copysign(1, value) < 0 else "", digits, shortest.adjusted() if value else 0
