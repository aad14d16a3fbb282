"""TLS contexts: a fresh one for each state of the files, so that nothing of an old state is trusted."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

from jobqueue_exporter.web import tls_config
from jobqueue_exporter.web.tls_config import TlsConfig

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


class NoGood(Exception):
    """A certificate or key cannot be used. `key` is what the configuration calls it."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


@dataclass(frozen=True, slots=True, eq=False)
class Tls:
    """How to speak TLS, by one state of the files."""

    config: TlsConfig
    context: ssl.SSLContext

    @property
    def asks_who(self) -> bool:
        """Whether every client must show a certificate that is verified."""
        return self.context.verify_mode is ssl.CERT_REQUIRED

    def admits(self, peer: ssl.SSLObject) -> bool:
        """Whether a client may stay whose certificate, if it gave one, is verified."""
        allowed, given = self.config.client_allowed_sans, peer.getpeercert()
        return allowed is None or not given or not _names(given).isdisjoint(map(_spelt, allowed))

    def trusts_as(self, other: Tls | None) -> bool:
        """Whether `other` lets the same clients in."""
        return other is not None and _trust(self.config) == _trust(other.config)


def make(config: TlsConfig) -> Tls:
    """A context for `config`. Raises NoGood."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = tls_config.VERSIONS[config.min_version]
    context.maximum_version = tls_config.VERSIONS[config.max_version]
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if not config.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    _choose_ciphers(context, config.cipher_suites)
    if config.curve is not None:
        context.set_ecdh_curve(tls_config.CURVES[config.curve])
    _load_chain(context, config)
    context.verify_mode = tls_config.VERIFY_MODES[config.client_auth_type]
    if config.client_ca:
        _trust_clients(context, config.client_ca)
    return Tls(config, context)


def _choose_ciphers(context: ssl.SSLContext, names: tuple[str, ...]) -> None:
    # Those of TLS 1.3 cannot be chosen, in Go neither; naming only them leaves none for TLS 1.2.
    ours = [tls_config.TLS12_CIPHERS[name] for name in names if name in tls_config.TLS12_CIPHERS]
    if ours:
        context.set_ciphers(":".join(ours))
    elif names:
        context.minimum_version = ssl.TLSVersion.TLSv1_3


def _load_chain(context: ssl.SSLContext, config: TlsConfig) -> None:
    if not _CERTIFICATE.search(config.cert):
        raise NoGood("cert", "there is no certificate in it (PEM)")
    if not _KEY.search(config.key):
        raise NoGood("key", "there is no private key in it (PEM)")
    if b"ENCRYPTED" in config.key:
        raise NoGood("key", "it is encrypted; it must be readable without a password")
    with ExitStack() as stack:
        cert, key = (_path_to(content, stack) for content in (config.cert, config.key))
        try:
            # Without a password at hand OpenSSL would ask for one at the terminal.
            context.load_cert_chain(cert, key, password="")
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                raise NoGood("key", "it does not belong to the certificate") from error
            raise NoGood("cert", f"OpenSSL cannot read it, or its key ({error.reason or error})") from error


def _trust_clients(context: ssl.SSLContext, pem: bytes) -> None:
    certificates = b"\n".join(_CERTIFICATE.findall(pem))
    if not certificates:
        raise NoGood("client_ca", "there is no certificate in it (PEM)")
    try:
        context.load_verify_locations(cadata=certificates.decode("ascii"))
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise NoGood("client_ca", "OpenSSL cannot read it") from error
    # As in Go, whatever stands in the file is trusted, an intermediate CA too.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _path_to(content: bytes, stack: ExitStack) -> str:
    """A path under which OpenSSL, which takes no bytes, finds `content` until the stack is left."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("pem")
        stack.callback(os.close, descriptor)
        os.write(descriptor, content)
        return f"/proc/self/fd/{descriptor}"
    descriptor, name = tempfile.mkstemp()
    stack.callback(os.unlink, name)
    stack.callback(os.close, descriptor)
    os.write(descriptor, content)
    return name


def _trust(config: TlsConfig) -> tuple[object, ...]:
    return config.client_ca, config.client_auth_type, config.client_allowed_sans


def _names(certificate: Mapping[str, object]) -> set[str]:
    found = cast("tuple[tuple[str, str], ...]", certificate.get("subjectAltName", ()))
    return {_spelt(value) for _, value in found}


def _spelt(name: str) -> str:
    """The name; an IP address in its one shortest spelling."""
    try:
        return str(ipaddress.ip_address(name.strip()))
    except ValueError:
        return name
