"""Certificates, and web configurations that use them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1")


@dataclass
class Desk:
    """A folder with web.yml and the files it names."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.certify()

    @property
    def file(self) -> Path:
        return self.folder / "web.yml"

    def write(self, text: str) -> Path:
        """Put `text` into web.yml."""
        self.file.write_text(text)
        return self.file

    def certify(self, authority: trustme.CA | None = None) -> None:
        """Put a fresh server certificate and its key into server.crt and server.key."""
        issued = (authority or self.authority).issue_cert(*NAMES)
        (self.folder / "server.key").write_bytes(issued.private_key_pem.bytes())
        (self.folder / "server.crt").write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))

    def trust_clients_of(self, *authorities: trustme.CA) -> None:
        """Put these authorities into clients.crt."""
        (self.folder / "clients.crt").write_bytes(b"".join(each.cert_pem.bytes() for each in authorities))


TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
MTLS = """\
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: clients.crt
"""


def client_of(server: trustme.CA, identity: trustme.LeafCert | None = None) -> ssl.SSLContext:
    """A client that trusts servers of this authority, and shows this certificate if asked."""
    context = ssl.create_default_context()
    server.configure_trust(context)
    if identity is not None:
        identity.configure_cert(context)
    return context
