"""What --web.config.file may say, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.web import web_config
from jobqueue_exporter.web.web_config import Rate
from tests.web.certificates import MTLS, TLS, Desk

HASH = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.trust_clients_of(made.authority)
    return made


def problems(desk: Desk, text: str) -> list[str]:
    """The problems of this text, without the name of the file."""
    with pytest.raises(ConfigError) as raised:
        web_config.load(desk.write(text))
    return [problem.removeprefix(f"{desk.file}:") for problem in raised.value.problems]


@pytest.mark.parametrize("text", ["", "{}", "# nothing yet\n", "tls_server_config:\n", "basic_auth_users: {}\n"])
def test_a_file_that_asks_for_nothing_is_fine(desk: Desk, text: str) -> None:
    found = web_config.load(desk.write(text))
    assert (found.tls, dict(found.users), found.headers, found.rate) == (None, {}, (), None)
    assert found.files == (desk.file,)


def test_a_file_that_asks_for_everything_is_read(desk: Desk) -> None:
    text = f"""{MTLS}\
  client_allowed_sans: [prometheus.example, "10.0.0.1"]
  min_version: TLS13
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  curve_preferences: [CurveP256]
  prefer_server_cipher_suites: false
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: sameorigin
basic_auth_users:
  alice: {HASH}
  123: {HASH}
rate_limit: {{interval: 1m30s, burst: 20}}
"""
    found = web_config.load(desk.write(text))
    assert found.tls is not None
    assert found.tls.config.client_allowed_sans == ("prometheus.example", "10.0.0.1")
    assert dict(found.users) == {"alice": HASH.encode(), "123": HASH.encode()}
    assert found.headers == (
        (b"strict-transport-security", b"max-age=31536000"),
        (b"x-frame-options", b"sameorigin"),
    )
    assert found.rate == Rate(90.0, 20)
    names = ("web.yml", "server.crt", "server.key", "clients.crt")
    assert found.files == tuple(desk.folder / name for name in names)


def test_certificates_may_stand_in_the_file_itself(desk: Desk) -> None:
    parts = {"cert": "server.crt", "key": "server.key", "client_ca": "clients.crt"}
    lines = ["tls_server_config:", "  client_auth_type: VerifyClientCertIfGiven"]
    for key, name in parts.items():
        lines += [f"  {key}: |", *(f"    {line}" for line in (desk.folder / name).read_text().splitlines())]
    found = web_config.load(desk.write("\n".join(lines)))
    assert found.tls is not None
    assert found.files == (desk.file,)


def test_every_problem_is_told_at_once_with_its_line(desk: Desk) -> None:
    text = """\
tls_server_config:
  cert_file: nowhere.crt
  client_auth_type: RequestClientCert
  min_version: TLS11
  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]
  curve_preferences: [X25519, CurveP256]
  pki: true
http_server_config:
  http2: true
  headers: {X-Powered-By: me, X-Frame-Options: allow}
basic_auth_users:
  alice: secret-in-plain-text
rate_limit: {interval: 5 minutes}
tls: {}
"""
    found = problems(desk, text)
    assert [problem.partition(": ")[0] for problem in found] == [
        "1", "2", "3", "4", "5", "6", "7", "9", "10", "10", "12", "13", "14",
    ]  # fmt: skip
    told = "\n".join(found)
    assert "1: tls_server_config: key_file (or key) is missing" in told
    assert f"tls_server_config.cert_file: {desk.folder}/nowhere.crt cannot be read: No such file" in told
    assert "RequestClientCert takes certificates that nobody verified" in told
    assert "tls_server_config.pki: no such key" in told
    assert "X-Powered-By: this header cannot be set" in told
    assert "tls: no such key; there are: tls_server_config, http_server_config" in told
    assert "secret-in-plain-text" not in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a list\n", "expected lines of `key: value`"),
        ("tls_server_config: on\n", "tls_server_config: expected a mapping"),
        ("tls_server_config: {min_version: TLS13, key_file: server.key}\n", "cert_file (or cert) is missing"),
        (TLS.replace("}", ", cert: x}"), "cert is given too; keep one of them"),
        (TLS.replace("}", ", key_file: 7}"), "there twice"),
        (TLS.replace("server.key", "server.crt"), "key_file: there is no private key in it"),
        (TLS.replace("server.crt", "server.key"), "cert_file: there is no certificate in it"),
        (TLS.replace("}", ", client_ca_file: clients.crt}"), "client_auth_type does not ask for it"),
        (TLS.replace("}", ", client_auth_type: RequireAndVerifyClientCert}"), "needs client_ca_file"),
        (TLS.replace("}", ", client_auth_type: RequireAnyClientCert}"), "RequireAnyClientCert takes"),
        (TLS.replace("}", ", client_auth_type: Always}"), "there are: NoClientCert, VerifyClientCertIfGiven"),
        (TLS.replace("}", ", client_allowed_sans: [a]}"), "only with client_auth_type: RequireAndVerify"),
        (MTLS + "  client_allowed_sans: []\n", "client_allowed_sans: it names nobody"),
        (TLS.replace("}", ", min_version: TLS13, max_version: TLS12}"), "TLS12 is below min_version TLS13"),
        (TLS.replace("}", ", cipher_suites: TLS_AES_128_GCM_SHA256}"), "expected a list of strings"),
        (TLS.replace("}", ", prefer_server_cipher_suites: 1}"), "expected true or false"),
        (TLS.replace("}", ", curve_preferences: [P256]}"), "no curve P256; there are: CurveP256"),
        ("http_server_config: {headers: {X-XSS-Protection: \"a\\nb\"}}\n", "a header is one line"),
        ("http_server_config: {headers: {X-Content-Type-Options: sniff}}\n", "expected nosniff"),
        (f"basic_auth_users: {{'a:b': {HASH}}}\n", "cannot hold a colon"),
        ("basic_auth_users: {a: }\n", "expected a bcrypt hash"),
        (f"basic_auth_users: {{a: {HASH.replace('$10$', '$31$')}}}\n", "a cost of 31"),
        (f"basic_auth_users: {{a: {HASH[:-1]}}}\n", "expected a bcrypt hash"),
        ("rate_limit: {interval: 7}\n", "expected a duration"),
        ("rate_limit: {interval: 1s, burst: -1}\n", "expected 0 or more"),
        ("rate_limit: {interval: 1s, burst: many}\n", "expected a whole number"),
    ],
)  # fmt: skip
def test_what_cannot_be_honoured_is_refused(desk: Desk, text: str, problem: str) -> None:
    (found,) = problems(desk, text)
    assert problem in found


def test_a_key_of_another_certificate_is_refused(desk: Desk) -> None:
    old = (desk.folder / "server.key").read_bytes()
    desk.certify()
    (desk.folder / "server.key").write_bytes(old)
    assert problems(desk, TLS) == ["1: tls_server_config.key_file: it does not belong to the certificate"]


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(desk: Desk) -> None:
    key = desk.folder / "server.key"
    key.write_text(key.read_text().replace("RSA PRIVATE", "ENCRYPTED PRIVATE").replace("EC PRIV", "ENCRYPTED PRIV"))
    assert problems(desk, TLS) == [
        "1: tls_server_config.key_file: it is encrypted; it must be readable without a password"
    ]


def test_a_broken_certificate_authority_is_refused(desk: Desk) -> None:
    (desk.folder / "clients.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert problems(desk, MTLS) == ["5: tls_server_config.client_ca_file: OpenSSL cannot read it"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--web\.config\.file: .*web\.yml cannot be read: No such file"):
        web_config.load(tmp_path / "web.yml")


def test_no_secret_is_in_a_repr(desk: Desk) -> None:
    found = web_config.load(desk.write(f"{TLS}basic_auth_users: {{alice: {HASH}}}\n"))
    assert HASH not in repr(found)
    assert "PRIVATE KEY" not in repr(found)
