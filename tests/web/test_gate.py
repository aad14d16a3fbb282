"""Who is let in: users, rates, and the paths that need neither."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import bcrypt
import pytest

from tests.web.served import Served, ask, served, soon

CHEAP = bcrypt.hashpw(b"p\xc3\xa4ss:word", bcrypt.gensalt(4)).decode()
DEAR = bcrypt.hashpw(b"right", bcrypt.gensalt(10)).decode()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def users(tmp_path: Path) -> Path:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users: {{alice: '{CHEAP}', bob: '{DEAR}'}}")
    return file


@pytest.mark.parametrize("path", ["/", "/metrics", "/probe?source=shop", "/sd", "/static/style.css", "/nope"])
def test_a_user_and_the_right_password_are_needed(users: Path, path: str) -> None:
    with served(web_config=users) as server:
        without = server.ask(path)
        with_them = server.ask(path, basic("alice", "päss:word"))
    assert (without.status, without.headers["www-authenticate"]) == (
        401,
        'Basic realm="jobqueue-exporter", charset="UTF-8"',
    )
    assert with_them.status in {200, 404}


@pytest.mark.parametrize(
    "headers",
    [
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("", "päss:word"),
        basic("nobody", "right"),
        basic("alice", "right"),
        basic("alice", "\0"),
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic YWxpY2U="},
        {"Authorization": "Basic /////w=="},
        {"Authorization": "Bearer right"},
    ],
    ids=str,
)
def test_anything_else_is_refused(users: Path, headers: dict[str, str]) -> None:
    with served(web_config=users) as server:
        assert server.ask("/metrics", headers).status == 401


@pytest.mark.parametrize("kind", ["2a", "2b", "2y"])
def test_hashes_of_every_make_are_understood(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users: {{alice: '${kind}{CHEAP[3:]}'}}")
    with served(web_config=file) as server:
        assert server.ask("/metrics", basic("alice", "päss:word")).status == 200


def test_a_password_longer_than_bcrypt_looks_at_is_cut_off_as_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users: {{a: '{bcrypt.hashpw(b'x' * 72, bcrypt.gensalt(4)).decode()}'}}")
    with served(web_config=file) as server:
        assert server.ask("/metrics", basic("a", "x" * 100)).status == 200
        assert server.ask("/metrics", basic("a", "x" * 71)).status == 401


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_health_needs_no_password(users: Path, path: str) -> None:
    with served(web_config=users) as server:
        assert server.ask(path).status == 200


@pytest.mark.parametrize(
    "query", ["detail=1", "detail=0", "detail", "source=shop", "source=nope", "_=1&source=", "%64etail=1", "so%75rce=x"]
)
def test_whoever_asks_readyz_for_more_needs_a_password(users: Path, query: str) -> None:
    with served(web_config=users) as server:
        reply, alice = server.ask(f"/readyz?{query}"), server.ask(f"/readyz?{query}", basic("alice", "päss:word"))
        plain = [server.ask(f"/readyz{each}").body for each in ("", "?", "?_=1", "?Detail=1")]
    assert (reply.status, reply.text) == (401, "a user and a password are needed\n")
    assert reply.headers["www-authenticate"].startswith("Basic ")
    assert alice.status in {200, 400, 404}
    assert plain == [b'{"ok":true}'] * 4


def test_reloading_needs_a_password(users: Path) -> None:
    with served(web_config=users) as server:
        assert server.ask("/-/reload", method="POST").status == 401


def test_a_flood_of_wrong_passwords_delays_no_scrape_of_a_known_user(users: Path) -> None:
    with served(web_config=users) as server, ThreadPoolExecutor(20) as pool:
        right, ended = basic("bob", "right"), threading.Event()
        assert server.ask("/metrics", right).status == 200
        statuses = [pool.submit(flood, server, ended, number) for number in range(20)]
        soon(lambda: server.ask("/metrics", basic("bob", "wrong")).status == 429)
        for _ in range(10):
            assert server.ask("/metrics", right).status == 200
            assert server.ask("/-/healthy").status == 200
        ended.set()
        assert set().union(*(each.result() for each in statuses)) <= {401, 429}


def flood(server: Served, ended: threading.Event, number: int) -> set[int]:
    statuses, tries = set(), 0
    while not ended.is_set():
        tries += 1
        statuses.add(server.ask("/metrics", basic("bob", f"wrong-{number}-{tries}")).status)
    return statuses


def test_one_password_that_many_send_at_once_is_checked_for_all_of_them(users: Path) -> None:
    with served(web_config=users) as server, ThreadPoolExecutor(30) as pool:
        found = [pool.submit(server.ask, "/metrics", basic("bob", "right")) for _ in range(30)]
        assert [each.result().status for each in found] == [200] * 30


def test_each_request_of_a_kept_connection_is_checked(users: Path) -> None:
    with served(web_config=users) as server, closing(server.client()) as client:
        assert ask(client, "/metrics", basic("alice", "päss:word")).status == 200
        assert ask(client, "/metrics").status == 401


def test_a_path_that_only_looks_like_health_needs_a_password(users: Path) -> None:
    with served(web_config=users) as server:
        for path in ("/-/healthy/", "/-/healthy%0a", "//-/healthy", "/-/healthy/../metrics", "/metrics#/-/ready"):
            assert server.ask(path).status == 401


def test_more_requests_than_the_rate_allows_are_turned_away_but_health_is_not(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("rate_limit: {interval: 1h, burst: 3}")
    with served(web_config=file) as server:
        statuses = [server.ask("/sd").status for _ in range(5)]
        assert server.ask("/-/healthy").status == 200
    assert statuses == [200, 200, 200, 429, 429]


def test_headers_that_are_set_are_on_every_answer_and_outweigh_ours(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("http_server_config: {headers: {X-Frame-Options: sameorigin, X-XSS-Protection: '0'}}")
    with served(web_config=file) as server:
        for path in ("/", "/metrics", "/nope", "/-/healthy"):
            headers = server.ask(path).headers
            assert (headers["x-frame-options"], headers["x-xss-protection"]) == ("sameorigin", "0")
