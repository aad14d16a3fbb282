"""The part `tls_server_config` of the web configuration."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobqueue_exporter.web.sections import Section

VERIFY_MODES: Mapping[str, ssl.VerifyMode] = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
UNVERIFIED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
VERSIONS: Mapping[str, ssl.TLSVersion] = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
OLD_VERSIONS = ("TLS10", "TLS11")
CURVES: Mapping[str, str] = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}
TLS12_CIPHERS: Mapping[str, str] = {
    f"TLS_ECDHE_{key}_WITH_{name}": f"ECDHE-{key}-{ours}"
    for key in ("ECDSA", "RSA")
    for name, ours in (
        ("AES_128_CBC_SHA", "AES128-SHA"),
        ("AES_256_CBC_SHA", "AES256-SHA"),
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
    )
}
TLS13_CIPHERS = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
CIPHERS = (*TLS12_CIPHERS, *TLS13_CIPHERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """What is wanted of TLS. Certificates and keys are PEM; other names are Go's, as in the file."""

    cert: bytes
    key: bytes = field(repr=False)
    client_ca: bytes = b""
    client_auth_type: str = "NoClientCert"
    client_allowed_sans: tuple[str, ...] | None = None
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    cipher_suites: tuple[str, ...] = ()
    curve: str | None = None
    prefer_server_cipher_suites: bool = True


def read(section: Section, folder: Path) -> tuple[TlsConfig | None, tuple[Path, ...]]:
    """What the section asks for, None when it is not there, and the files it names (relative to `folder`).

    What is wrong is added to the problems of the section.
    """
    if not section:
        return None, ()
    section.only(
        "cert", "cert_file", "key", "key_file", "client_ca", "client_ca_file", "client_auth_type",
        "client_allowed_sans", "min_version", "max_version", "cipher_suites", "curve_preferences",
        "prefer_server_cipher_suites",
    )  # fmt: skip
    files: list[Path] = []
    config = TlsConfig(
        cert=_pem(section, "cert", folder, files),
        key=_pem(section, "key", folder, files),
        client_ca=_pem(section, "client_ca", folder, files),
        client_auth_type=_client_auth_type(section),
        client_allowed_sans=section.strings("client_allowed_sans") if "client_allowed_sans" in section else None,
        min_version=_version(section, "min_version", "TLS12"),
        max_version=_version(section, "max_version", "TLS13"),
        cipher_suites=_ciphers(section),
        curve=_curve(section),
        prefer_server_cipher_suites=section.get("prefer_server_cipher_suites", bool, True),
    )
    _check_together(section, config)
    return config, tuple(files)


def _pem(section: Section, key: str, folder: Path, files: list[Path]) -> bytes:
    inline, name = section.get(key, str, ""), section.get(f"{key}_file", str, "")
    if inline and name:
        section.wrong(f"{key}_file", f"{key} is given too; keep one of them")
    if not name:
        return inline.encode()
    path = folder / name
    files.append(path)
    try:
        return path.read_bytes()
    except OSError as error:
        section.wrong(f"{key}_file", f"{path} cannot be read: {error.strerror}")
        return b""


def _client_auth_type(section: Section) -> str:
    given = section.get("client_auth_type", str, "") or "NoClientCert"
    if given in UNVERIFIED:
        section.wrong(
            "client_auth_type",
            f"{given} takes certificates that nobody verified, which this exporter cannot do; "
            "use VerifyClientCertIfGiven or RequireAndVerifyClientCert",
        )
    elif given not in VERIFY_MODES:
        section.wrong("client_auth_type", f"no such type; there are: {', '.join(VERIFY_MODES)}")
    return given


def _version(section: Section, key: str, default: str) -> str:
    given = section.get(key, str, default)
    if given in OLD_VERSIONS:
        section.wrong(key, f"{given} is broken, and this exporter cannot speak it; use TLS12 or TLS13")
    elif given not in VERSIONS:
        section.wrong(key, f"no such version; there are: {', '.join(VERSIONS)}")
    return given


def _ciphers(section: Section) -> tuple[str, ...]:
    given = section.strings("cipher_suites")
    for name in given:
        if name not in CIPHERS:
            section.wrong("cipher_suites", f"{name} cannot be offered; there are: {', '.join(CIPHERS)}")
    return given


def _curve(section: Section) -> str | None:
    given = section.strings("curve_preferences")
    for name in given:
        if name not in CURVES:
            section.wrong("curve_preferences", f"no curve {name}; there are: {', '.join(CURVES)}")
    if len(given) > 1:
        section.wrong("curve_preferences", "this exporter can be held to one curve, not to several; name one, or none")
    return given[0] if given else None


def _check_together(section: Section, config: TlsConfig) -> None:
    for key in ("cert", "key"):
        if f"{key}_file" not in section and key not in section:
            section.wrong("", f"{key}_file (or {key}) is missing")
    verifies = config.client_auth_type in {"VerifyClientCertIfGiven", "RequireAndVerifyClientCert"}
    has_ca = "client_ca" in section or "client_ca_file" in section
    if verifies and not has_ca:
        section.wrong("client_auth_type", f"{config.client_auth_type} needs client_ca_file (or client_ca)")
    if has_ca and config.client_auth_type == "NoClientCert":
        section.wrong(
            "",
            "a client CA is given, but client_auth_type does not ask for it; use RequireAndVerifyClientCert",
        )
    if config.client_allowed_sans is not None and config.client_auth_type == "NoClientCert":
        section.wrong("client_allowed_sans", "only with client_auth_type: RequireAndVerifyClientCert")
    if config.client_allowed_sans == ():
        section.wrong("client_allowed_sans", "it names nobody; name the clients, or leave it out")
    if (config.min_version, config.max_version) == ("TLS13", "TLS12"):
        section.wrong("max_version", "TLS12 is below min_version TLS13")
