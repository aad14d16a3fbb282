"""Names under which secrets and personal data stand."""

from __future__ import annotations

import re
from functools import lru_cache

_ENDS = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "authorization",
    "cookie",
    "privatekey",
    "secretkey",
    "accesskey",
    "secretaccesskey",
    "signingkey",
    "encryptionkey",
    "credential",
    "creditcard",
    "cardnumber",
    "connectionstring",
    "accountkey",
    "sessionid",
    "amzsignature",
    "googsignature",
    "jwt",
)
_WHOLE = frozenset({"pass", "cvv", "cvc", "ssn", "otp", "totp", "mfacode", "iban", "auth", "sig"})
_BETWEEN = re.compile(r"[^a-z0-9]+")


def telling(key: str) -> bool:
    """Whether a key says that its value is a secret; `max_tokens` and `token_count` do not."""
    return _telling(key[:100])


# Rows of a table have the same keys.
@lru_cache(4096)
def _telling(key: str) -> bool:
    plain = _BETWEEN.sub("", key.lower())
    return plain in _WHOLE or plain.endswith(_ENDS) or (plain.endswith("s") and plain[:-1].endswith(_ENDS))


def counts(key: str) -> bool:
    """Whether a number under a telling key is a count, as in `max_tokens`."""
    return key.lower().endswith("s")
