"""Changes of the web configuration while the server runs."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import bcrypt
import pytest
import trustme

from tests.web.certificates import MTLS, TLS, Desk, client_of
from tests.web.reader_by_hand import ReaderByHand
from tests.web.served import Served, ask, config, served, soon

ALICE = {"Authorization": "Basic YWxpY2U6cHc="}
BOB = {"Authorization": "Basic Ym9iOnB3"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def hashed(password: bytes) -> str:
    return bcrypt.hashpw(password, bcrypt.gensalt(4)).decode()


def works(server: Served, tls: ssl.SSLContext | None, name: str | None = "localhost") -> bool:
    """Whether a new connection of this client gets an answer."""
    try:
        with server.connect() as bare:
            client = bare
            if tls is not None:
                tls.check_hostname = name is not None
                client = tls.wrap_socket(bare, server_hostname=name)
            with client:
                client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return client.recv(12) == b"HTTP/1.1 200"
    except (ssl.SSLError, ConnectionError):
        return False


@contextmanager
def without_a_failure(request: Callable[[], int]) -> Iterator[None]:
    """The request is made again and again in the block, and never fails."""
    ended, statuses = threading.Event(), set[int]()

    def insist() -> None:
        while not ended.is_set():
            statuses.add(request())

    with ThreadPoolExecutor() as pool:
        insisting = [pool.submit(insist) for _ in range(2)]
        try:
            yield
        finally:
            ended.set()
        for each in insisting:
            each.result()
    assert statuses == {200}


def test_a_renewed_certificate_is_shown_and_no_scrape_fails_meanwhile(desk: Desk) -> None:
    renewed = trustme.CA()
    old, new = client_of(desk.authority), client_of(renewed)
    both = client_of(desk.authority)
    renewed.configure_trust(both)
    with served(web_config=desk.write(TLS)) as server:
        assert works(server, old)
        assert not works(server, new)
        with without_a_failure(lambda: server.ask("/metrics", tls=both).status):
            desk.certify(renewed)
            soon(lambda: works(server, new))
        assert not works(server, old)


def test_a_kept_connection_takes_one_more_answer_after_a_renewal_and_is_then_closed(desk: Desk) -> None:
    with served(web_config=desk.write(TLS)) as server:
        renewed = trustme.CA()
        with closing(server.client(client_of(desk.authority))) as kept:
            assert "connection" not in ask(kept, "/-/healthy").headers
            desk.certify(renewed)
            soon(lambda: works(server, client_of(renewed)))
            reply = ask(kept, "/-/healthy")
    assert (reply.status, reply.headers["connection"]) == (200, "close")


@pytest.mark.parametrize("name", ["localhost", None], ids=["server name", "no server name"])
def test_an_authority_that_was_removed_is_not_trusted_any_more(desk: Desk, name: str | None) -> None:
    staying, leaving = trustme.CA(), trustme.CA()
    desk.trust_clients_of(staying, leaving)
    good = client_of(desk.authority, staying.issue_cert("a.example"))
    bad = client_of(desk.authority, leaving.issue_cert("a.example"))
    with served(web_config=desk.write(MTLS)) as server:
        assert works(server, good, name)
        assert works(server, bad, name)
        desk.trust_clients_of(staying)
        soon(lambda: not works(server, bad, name))
        assert works(server, good, name)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_from_before_does_not_get_past_a_removed_authority(desk: Desk, version: ssl.TLSVersion) -> None:
    leaving = trustme.CA()
    desk.trust_clients_of(leaving)
    client = client_of(desk.authority, leaving.issue_cert("a.example"))
    client.maximum_version = version

    def resumed(server: Served, session: ssl.SSLSession | None) -> tuple[ssl.SSLSession | None, bool]:
        with client.wrap_socket(server.connect(), server_hostname="localhost", session=session) as line:
            line.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert line.recv(12) == b"HTTP/1.1 200"
            return line.session, bool(line.session_reused)

    with served(web_config=desk.write(MTLS)) as server:
        session, _ = resumed(server, None)
        assert resumed(server, session)[1]
        desk.trust_clients_of(trustme.CA())
        soon(lambda: not works(server, client))
        with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
            resumed(server, session)


def test_a_kept_connection_of_a_client_that_is_not_trusted_any_more_is_cut(desk: Desk) -> None:
    leaving = trustme.CA()
    desk.trust_clients_of(leaving)
    client = client_of(desk.authority, leaving.issue_cert("a.example"))
    with (
        served(web_config=desk.write(MTLS)) as server,
        client.wrap_socket(server.connect(), server_hostname="localhost") as kept,
    ):
        kept.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(12) == b"HTTP/1.1 200"
        desk.trust_clients_of(trustme.CA())
        soon(lambda: not works(server, client))
        assert until_end(kept).endswith(b"ok\n")


def until_end(client: ssl.SSLSocket) -> bytes:
    received = b""
    try:
        while more := client.recv(4096):
            received += more
    except (ssl.SSLError, ConnectionError):
        pass
    return received


def test_a_scrape_under_way_is_answered_though_its_client_is_not_trusted_any_more(desk: Desk) -> None:
    leaving, reader = trustme.CA(), ReaderByHand()
    desk.trust_clients_of(leaving)
    client = client_of(desk.authority, leaving.issue_cert("a.example"))
    with (
        served(config(timeout=60), {"shop": reader}, web_config=desk.write(MTLS)) as server,
        ThreadPoolExecutor() as pool,
    ):
        scrape = pool.submit(server.ask, "/metrics", tls=client)
        soon(lambda: reader.reads == 1)
        desk.trust_clients_of(trustme.CA())
        soon(lambda: not works(server, client))
        reader.go.set()
        assert scrape.result().status == 200


def test_client_certificates_may_be_asked_for_from_now_on_and_no_more_later(desk: Desk) -> None:
    people = trustme.CA()
    desk.trust_clients_of(people)
    friend, stranger = (
        client_of(desk.authority, people.issue_cert("a.example")),
        client_of(desk.authority),
    )
    with (
        served(web_config=desk.write(TLS)) as server,
        without_a_failure(lambda: server.ask("/-/healthy", tls=friend).status),
    ):
        assert works(server, stranger)
        desk.write(MTLS)
        soon(lambda: not works(server, stranger))
        desk.write(TLS)
        soon(lambda: works(server, stranger))


def test_tls_itself_may_be_switched_on_and_off(desk: Desk) -> None:
    client = client_of(desk.authority)
    with served(web_config=desk.write("")) as server:
        assert works(server, None)
        desk.write(TLS)
        soon(lambda: works(server, client))
        assert not works(server, None)
        desk.write("# nothing any more")
        soon(lambda: works(server, None))


def test_users_may_be_added_and_removed(desk: Desk) -> None:
    alice, bob = f"alice: {hashed(b'pw')}", f"bob: {hashed(b'pw')}"
    with served(web_config=desk.write(f"basic_auth_users: {{{alice}}}")) as server:
        assert server.ask("/metrics", ALICE).status == 200
        assert server.ask("/metrics", BOB).status == 401
        desk.write(f"basic_auth_users: {{{bob}}}")
        soon(lambda: server.ask("/metrics", BOB).status == 200)
        assert server.ask("/metrics", ALICE).status == 401
        desk.write(f"basic_auth_users: {{alice: {hashed(b'other')}, {bob}}}")
        soon(lambda: server.ask("/metrics", {"Authorization": "Basic YWxpY2U6b3RoZXI="}).status == 200)
        assert server.ask("/metrics", ALICE).status == 401


def test_headers_may_be_changed(desk: Desk) -> None:
    with served(web_config=desk.write("http_server_config: {headers: {X-Frame-Options: deny}}")) as server:
        assert server.ask("/metrics").headers["x-frame-options"] == "deny"
        desk.write("http_server_config: {headers: {X-Frame-Options: sameorigin}}")
        soon(lambda: server.ask("/metrics").headers["x-frame-options"] == "sameorigin")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda desk: desk.write("tls_server_config: {cert_file: nowhere.crt, key_file: server.key}"),
        lambda desk: desk.write("tls_server_config: ["),
        lambda desk: desk.file.unlink(),
        lambda desk: desk.write(""),
        lambda desk: (desk.folder / "server.key").write_text(""),
        lambda desk: (desk.folder / "server.crt").unlink(),
    ],
    ids=["another certificate", "no YAML", "no file", "empty file", "empty key", "no certificate"],
)
def test_a_bad_change_leaves_what_was_in_force_and_is_told(
    desk: Desk, spoil: Callable[[Desk], object], caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(desk.authority)
    told = "jobqueue_config_last_reload_success {}.0".format

    def metrics() -> str:
        return server.ask("/metrics", tls=client).text

    with served(web_config=desk.write(TLS)) as server:
        assert told(1) in metrics()
        spoil(desk)
        soon(lambda: told(0) in metrics())
        desk.write(TLS)
        desk.certify()
        soon(lambda: told(1) in metrics())
    complaints = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert complaints == sorted(set(complaints), key=complaints.index)
    assert all("web configuration not reloaded" in each for each in complaints)
    assert complaints
