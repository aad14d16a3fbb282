"""Where we listen, and what is said when we cannot."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from jobqueue_exporter.errors import ConfigError, JobQueueError
from jobqueue_exporter.web import listening


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        (":10227", "", 10227),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::1]:1", "::1", 1),
        ("[::]:65535", "::", 65535),
        ("localhost:80", "localhost", 80),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, host: str, port: int) -> None:
    assert listening.parse(address) == (host, port)


@pytest.mark.parametrize(
    "address",
    ["", ":", "10227", "localhost", "::1:80", "[::1]", "[::1:80", "host:http", ":65536", ":-1", ":٣", ": 80", ":1e3"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        listening.parse(address)
    assert str(caught.value) == (
        f"listen address {address!r} is not HOST:PORT; write it as :10227, 127.0.0.1:10227 or [::1]:10227, with a port "
        "from 0 to 65535"
    )


def test_an_address_that_is_very_long_is_refused_in_short() -> None:
    with pytest.raises(ConfigError) as caught:
        listening.parse(f":{'9' * 5000}")
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("address", "shown"),
    [(":0", "localhost"), ("0.0.0.0:0", "localhost"), ("127.0.0.1:0", "127.0.0.1"), ("localhost:0", "127.0.0.1")],
)
def test_a_free_port_is_taken_for_0_and_told(address: str, shown: str) -> None:
    with closing(listening.bind(address)) as sock:
        port = sock.getsockname()[1]
        assert port > 0
        assert listening.shown(sock) == f"{shown}:{port}"


def test_without_a_host_both_families_are_served() -> None:
    families = [("127.0.0.1", socket.AF_INET)]
    if socket.has_dualstack_ipv6():
        families.append(("::1", socket.AF_INET6))
    with closing(listening.bind(":0")) as sock:
        for host, family in families:
            with socket.socket(family) as client:
                client.settimeout(10)
                client.connect((host, sock.getsockname()[1]))


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
def test_an_address_in_use_is_named_with_the_way_out(host: str) -> None:
    with closing(listening.bind("127.0.0.1:0")) as sock:
        address = f"{host}:{sock.getsockname()[1]}"
        with pytest.raises(JobQueueError, match=rf"cannot listen on {address}: another program has it; stop"):
            listening.bind(address)


@pytest.mark.parametrize("address", ["203.0.113.9:10227", "no-such-host.invalid:10227"])
def test_an_address_of_another_machine_is_refused(address: str) -> None:
    with pytest.raises(JobQueueError, match=rf"cannot listen on {address}: .+; give an address of this machine"):
        listening.bind(address)
