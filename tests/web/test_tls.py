"""TLS as the web configuration asks for it, by real handshakes."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import trustme

from jobqueue_exporter.web.limits import Limits
from tests.web.certificates import MTLS, TLS, Desk, client_of
from tests.web.served import Served, ask, served

pytestmark = pytest.mark.usefixtures("no_complaint", "nothing_left_open")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def handshake(server: Served, context: ssl.SSLContext, name: str | None = "localhost") -> ssl.SSLSocket:
    """A TLS connection, with or without a server name."""
    context.check_hostname = name is not None
    return context.wrap_socket(server.connect(), server_hostname=name)


def exchanged(server: Served, context: ssl.SSLContext, name: str | None = "localhost") -> bytes:
    """The first line of an answer; a refusal may come only then, as TLS 1.3 has it."""
    with handshake(server, context, name) as client:
        client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return client.recv(15)


def refused(server: Served, context: ssl.SSLContext) -> bool:
    """Whether the server will not speak with this client; some learn it as an alert, some as an end."""
    try:
        return exchanged(server, context) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def test_a_scrape_comes_over_tls(desk: Desk) -> None:
    with served(web_config=desk.write(TLS)) as server:
        reply = server.ask("/metrics", tls=client_of(desk.authority))
    assert reply.status == 200
    assert "jobqueue_jobs{" in reply.text


def test_a_client_without_a_server_name_is_served(desk: Desk) -> None:
    with served(web_config=desk.write(TLS)) as server:
        assert exchanged(server, client_of(desk.authority), None) == b"HTTP/1.1 200 \r\n"


def test_service_discovery_says_https(desk: Desk) -> None:
    with served(web_config=desk.write(TLS)) as server:
        text = server.ask("/sd", {"Host": "exporter"}, tls=client_of(desk.authority)).text
    assert '"targets":["exporter:443"],"labels":{"__scheme__":"https"' in text


def test_only_http_1_1_is_spoken(desk: Desk) -> None:
    context = client_of(desk.authority)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with served(web_config=desk.write(TLS)) as server, handshake(server, context) as client:
        assert client.selected_alpn_protocol() == "http/1.1"


def test_a_scrape_is_answered_among_stalled_handshakes(desk: Desk) -> None:
    with served(web_config=desk.write(TLS)) as server, ExitStack() as clients:
        for _ in range(100):
            clients.enter_context(server.connect())
        for _ in range(50):
            clients.enter_context(server.connect()).sendall(b"\x16\x03\x01\x02\x00\x01")
        assert server.ask("/metrics", tls=client_of(desk.authority)).status == 200


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["silent", "half a hello"])
def test_a_handshake_that_stalls_is_dropped(desk: Desk, sent: bytes) -> None:
    limits = Limits(request=0.3)
    with served(web_config=desk.write(TLS), limits=limits) as server, server.connect() as client:
        client.sendall(sent)
        assert client.recv(1) == b""


def test_a_client_that_speaks_plain_http_is_dropped(desk: Desk) -> None:
    with served(web_config=desk.write(TLS)) as server, server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" not in client.recv(100)


def test_a_client_must_show_a_certificate_when_that_is_asked(desk: Desk) -> None:
    people, strangers = trustme.CA(), trustme.CA()
    desk.trust_clients_of(people)
    with served(web_config=desk.write(MTLS)) as server:
        friend = client_of(desk.authority, people.issue_cert("prometheus.example"))
        assert server.ask("/metrics", tls=friend).status == 200
        for stranger in (None, strangers.issue_cert("prometheus.example")):
            assert refused(server, client_of(desk.authority, stranger))


def test_a_client_may_come_without_a_certificate_but_not_with_a_bad_one(desk: Desk) -> None:
    people = trustme.CA()
    desk.trust_clients_of(people)
    text = MTLS.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven")
    with served(web_config=desk.write(text)) as server:
        for welcome in (None, people.issue_cert("prometheus.example")):
            assert server.ask("/metrics", tls=client_of(desk.authority, welcome)).status == 200
        assert refused(server, client_of(desk.authority, trustme.CA().issue_cert("prometheus.example")))


def test_a_client_whose_intermediate_authority_is_named_is_trusted(desk: Desk) -> None:
    root = trustme.CA()
    middle = root.create_child_ca()
    desk.trust_clients_of(middle)
    with served(web_config=desk.write(MTLS)) as server:
        assert server.ask("/metrics", tls=client_of(desk.authority, middle.issue_cert("a.example"))).status == 200
        assert refused(server, client_of(desk.authority, root.issue_cert("a.example")))


@pytest.mark.parametrize("identity", ["prometheus.example", "10.0.0.7", "2001:db8::1", "ops@example.com"], ids=str)
def test_only_clients_with_an_allowed_name_are_served(desk: Desk, identity: str) -> None:
    people = trustme.CA()
    desk.trust_clients_of(people)
    text = f'{MTLS}  client_allowed_sans: ["other.example", "{identity}"]\n'
    with served(web_config=desk.write(text)) as server:
        assert server.ask("/-/healthy", tls=client_of(desk.authority, people.issue_cert(identity))).status == 200
        assert refused(server, client_of(desk.authority, people.issue_cert("evil.example")))


def test_the_versions_that_are_set_are_the_only_ones(desk: Desk) -> None:
    text = TLS.replace("}", ", min_version: TLS12, max_version: TLS12}")
    with served(web_config=desk.write(text)) as server:
        with handshake(server, client_of(desk.authority)) as client:
            assert client.version() == "TLSv1.2"
        newer = client_of(desk.authority)
        newer.minimum_version = ssl.TLSVersion.TLSv1_3
        assert refused(server, newer)


def test_the_cipher_and_the_curve_that_are_set_are_the_only_ones(desk: Desk) -> None:
    text = TLS.replace(
        "}", ", max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384], curve_preferences: [CurveP384]}"
    )  # fmt: skip
    with served(web_config=desk.write(text)) as server:
        with handshake(server, client_of(desk.authority)) as client:
            found = client.cipher()
        assert found is not None
        assert found[0] in {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"}
        other_curve = client_of(desk.authority)
        other_curve.maximum_version = ssl.TLSVersion.TLSv1_2
        other_curve.set_ecdh_curve("prime256v1")
        assert refused(server, other_curve)


def test_naming_only_ciphers_of_tls_1_3_rules_tls_1_2_out(desk: Desk) -> None:
    text = TLS.replace("}", ", cipher_suites: [TLS_AES_128_GCM_SHA256]}")
    with served(web_config=desk.write(text)) as server:
        assert exchanged(server, client_of(desk.authority)) == b"HTTP/1.1 200 \r\n"
        older = client_of(desk.authority)
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        assert refused(server, older)


def test_a_session_is_resumed_only_by_the_configuration_that_gave_it(desk: Desk) -> None:
    context = client_of(desk.authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with served(web_config=desk.write(TLS)) as server:
        with handshake(server, context) as client:
            session = client.session
        with context.wrap_socket(server.connect(), server_hostname="localhost", session=session) as again:
            assert again.session_reused
    with (
        served(web_config=desk.write(TLS)) as server,
        context.wrap_socket(server.connect(), server_hostname="localhost", session=session) as other,
    ):
        assert not other.session_reused


def test_a_client_that_vanishes_in_its_handshake_is_forgotten(desk: Desk) -> None:
    with served(web_config=desk.write(TLS)) as server:
        for sent in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"):
            with server.connect() as client:
                client.sendall(sent)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        with closing(server.client(client_of(desk.authority))) as client_after:
            assert ask(client_after, "/-/healthy").status == 200
