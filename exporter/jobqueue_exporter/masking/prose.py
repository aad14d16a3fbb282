"""Secrets in any text, known by their form or by the word before them.

Every expression is linear: what repeats is possessive or short, and begins only where a word begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from jobqueue_exporter.masking import keys

_PEM = re.compile(
    r"-----BEGIN (?P<name>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:(?:[^-]++|-(?!----))*+-----END [A-Z0-9 ]{0,40}-----|(?:(?:\s|\\[nr])*+[A-Za-z0-9+/=]{16,}+)++)"
)
# The user may be missing, as in redis://:secret@host, and the password hold anything but blanks and quotes. A
# port and a path are no password; text that was cut within a password still shows its beginning.
_URL = re.compile(
    r"(?P<scheme>(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}+://)(?P<user>[^\s:/?#@\"'<>]{0,200}+)"
    r"(?::(?:[^\s/\"'<>]{1,300}@|(?!\d{1,5}(?:[/?#]|\Z))[^\s\"'<>@]{1,300}(?:@|\Z))|(?<=\S{20})@)"
)
_KEY = re.compile(
    r"(?<![A-Za-z0-9_.-])(?P<key>[A-Za-z][A-Za-z0-9_.-]{0,60}+)\\?[\"']?[ ]{0,2}(?P<sign>=>|[:=])[ ]{0,3}"
)
_VALUE = re.compile(r"(?P<quote>\\?[\"'])(?P<quoted>(?:(?!(?P=quote))[^\n]){0,2000}+)|(?P<bare>[^\s\"'&;,)\]}>\\]++)")
# An element of XML. Its name is short; what it holds ends at the next tag, or with the text.
_ELEMENT = re.compile(
    r"(?P<open><(?:[A-Za-z][\w.-]{0,40}+:)?+(?P<key>[A-Za-z][\w.-]{0,60}+)(?:\s[^<>]{0,200}+)?+>\s{0,20}+)"
    r"(?P<value><!\[CDATA\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>)?|[^<\s][^<]*+)"
)
# As in {"name": "DB_PASSWORD", "value": "..."}, or in YAML.
_PAIR = re.compile(
    r"(?i)(?<![a-z0-9_])(?P<open>(?:name|key)\\?[\"']?[ ]{0,2}[:=][ ]{0,3}\\?[\"']?(?P<key>[a-z][a-z0-9_.-]{0,60}+)"
    r"\\?[\"']?[,;\s]\s{0,20}+\\?[\"']?value\\?[\"']?[ ]{0,2}[:=][ ]{0,3})"
    r"(?P<value>(?P<quote>\\?[\"'])(?:(?!(?P=quote))[^\n]){0,2000}+|[^\s\"'&;,)\]}>\\]++)"
)
_SCHEME = re.compile(r"(?i)\b(?P<scheme>bearer|basic|digest|apikey)\s{1,3}(?P<value>[A-Za-z0-9._~+/=-]{8,}+)")
_COOKIE = re.compile(r"(?i)(?<![A-Za-z0-9])(?P<name>cookie2?:[ ]{0,3})(?:[\w.%-]{1,80}+=[^\s;\"']*+;?[ ]?+)++")
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+){0,4}")
_FORMS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_[A-Za-z0-9_]{20,}+|glpat-[A-Za-z0-9_-]{16,}+"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{10,}+"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9+/=]{16,}+"
    r"|sk-(?:[a-z]{2,10}-)?[A-Za-z0-9_-]{20,}+|AIza[A-Za-z0-9_-]{30,}+|ya29\.[A-Za-z0-9_-]{20,}+"
    r"|npm_[A-Za-z0-9]{30,}+|pypi-[A-Za-z0-9_-]{40,}+|SG\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+"
    r"|hooks\.slack\.com/services/[A-Za-z0-9/]{10,}+|EAA[A-Za-z0-9]{60,}+|dop_v1_[a-f0-9]{40,}+"
    r")"
)
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+'-])(?P<first>[A-Za-z0-9])[A-Za-z0-9._%+'-]*+"
    r"@(?P<domain>(?!\d++\.\d)(?:[A-Za-z0-9-]{1,63}+\.){1,8}[A-Za-z]{2,24}+)(?![A-Za-z0-9])"
)
_CARD = re.compile(
    r"(?<![\w.+-])(?:\d{4}[ -]){3}\d{4}(?![\w-])|(?<![\w.+-])(?:4\d{15}|5[1-5]\d{14}|3[47]\d{13})(?![\w-])"
)

# Ordinary words after `token: ` and the like, which tell what is wrong and not what it is.
_WORDS = re.compile(
    "absent|are|bad|basic|bearer|been|cannot|can|could|denied|did|digest|does|empty|error|expected|expired|failed|false"
    "|forbidden|from|has|have|in|incorrect|invalid|is|it|malformed|may|mismatch|missing|must|no|none|not|null|of|on|or"
    "|refused|rejected|required|revoked|should|the|too|true|unauthorized|undefined|unexpected|unknown|unsupported|value"
    "|was|were|will|wrong"
)
_SHORTEST = 4
_AFTER_BEARER = frozenset({"authentication", "authorization", "credentials"})


def masked(text: str) -> str:
    """The text with what looks like a secret in it replaced by ***."""
    for sign, expression, replaced in _BEFORE:
        if sign in text:
            text = expression.sub(replaced, text)
    text = _keyed(text)
    for sign, expression, replaced in _AFTER:
        if sign in text:
            text = expression.sub(replaced, text)
    return text


def _element(found: re.Match[str]) -> str:
    value, end = found["value"].strip(), found.end()
    # A type, as in List<Token>, is no element.
    closed = found.string.startswith("</", end) or not found.string[max(found.start() - 1, 0) : found.start()].isalnum()
    plain = not closed or not keys.telling(found["key"]) or value.lower() in ("true", "false", "null", "none")
    return found[0] if plain or (keys.counts(found["key"]) and value.isdigit()) else f"{found['open']}***"


def _pair(found: re.Match[str]) -> str:
    if not keys.telling(found["key"]):
        return found[0]
    return f"{found['open']}{found['quote'] or ''}***"


def _url(found: re.Match[str]) -> str:
    user = found["user"]
    cut = "" if found[0].endswith("@") else "***"
    if ":" not in found[0][len(found["scheme"]) :]:
        return f"{found['scheme']}***@"
    return f"{found['scheme']}{user}:{cut or '***@'}"


def _keyed(text: str) -> str:
    """The text without the values that stand after telling keys."""
    kept, end = [], 0
    for found in _KEY.finditer(text):
        key = found["key"].rpartition(".")[2]
        value = _VALUE.match(text, found.end()) if found.start() >= end and keys.telling(key) else None
        if value is not None and _is_secret(key, found["sign"], value):
            at, after = value.span("quoted" if value["bare"] is None else "bare")
            kept += [text[end:at], "***"]
            end = after
    return "".join([*kept, text[end:]])


def _is_secret(key: str, sign: str, value: re.Match[str]) -> bool:
    plain = value["quoted"] if value["bare"] is None else value["bare"]
    if plain in ("", "***") or plain.lower() in ("true", "false", "null", "none"):
        return False
    if keys.counts(key) and plain.isdigit():
        return False
    return value["bare"] is None or sign != ":" or not _is_prose(plain, value.string[value.end() : value.end() + 2])


def _is_prose(plain: str, following: str) -> bool:
    """Whether what comes after `token: ` is no token but a word about it."""
    word = plain.rstrip(".!?:").lower()
    if len(plain) < _SHORTEST or _WORDS.fullmatch(word) or not (plain[0].isalnum() or plain[0] in "+/$_-."):
        return True
    return plain.isalpha() and len(following) == 2 and following[0] == " " and following[1].isalnum()


def _scheme(found: re.Match[str]) -> str:
    """`Basic authentication` is no secret: one has more than letters of one case."""
    value = found["value"].replace("-", "")
    prose = value.isalpha() and (value.islower() or value.istitle())
    if prose and (found["scheme"].lower() != "bearer" or value.lower() in _AFTER_BEARER):
        return found[0]
    return f"{found['scheme']} ***"


def _card(found: re.Match[str]) -> str:
    """Numbers of cards carry a check digit (Luhn's); other long numbers stay."""
    digits = [int(digit) for digit in found[0] if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return found[0] if (sum(digits[-1::-2]) + sum(doubled)) % 10 else "***"


Replaced = Callable[[re.Match[str]], str]

_BEFORE: tuple[tuple[str, re.Pattern[str], Replaced], ...] = (
    ("-----BEGIN ", _PEM, lambda found: f"-----BEGIN {found['name']}----- *** -----END {found['name']}-----"),
    ("://", _URL, _url),
    ("<", _ELEMENT, _element),
    ("alue", _PAIR, _pair),
    ("", _COOKIE, lambda found: f"{found['name']}***"),
    ("", _SCHEME, _scheme),
)
_AFTER: tuple[tuple[str, re.Pattern[str], Replaced], ...] = (
    ("eyJ", _JWT, lambda found: "***"),
    ("", _FORMS, lambda found: "***"),
    ("@", _MAIL, lambda found: f"{found['first']}***@{found['domain']}"),
    ("", _CARD, _card),
)
