"""Requests that wait for readings: in time, without hurting those who share them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.web.reader_by_hand import ReaderByHand, ready
from tests.web.served import ask, config, served, soon

HURRY = {"X-Prometheus-Scrape-Timeout-Seconds": "0.5"}
DOWN = 'jobqueue_source_up{source="shop"} 0.0'
UP = 'jobqueue_source_up{source="shop"} 1.0'
NEVER = 3600.0


def test_a_scrape_is_answered_before_its_scraper_gives_up_though_the_source_is_not() -> None:
    with served(config(timeout=NEVER), {"shop": ReaderByHand()}) as server:
        reply = server.ask("/metrics", HURRY)
    assert reply.status == 200
    assert DOWN in reply.text


def test_a_source_that_answers_is_told_along_with_one_that_does_not() -> None:
    with served(config("shop", "mail", timeout=NEVER), {"shop": ReaderByHand(), "mail": ready()}) as server:
        reply = server.ask("/metrics", HURRY)
    assert DOWN in reply.text
    assert 'jobqueue_source_up{source="mail"} 1.0' in reply.text


def test_without_a_header_the_limit_of_the_source_counts() -> None:
    with served(config(timeout=0.5), {"shop": ReaderByHand()}) as server:
        reply = server.ask("/metrics")
    assert reply.status == 200
    assert DOWN in reply.text


def test_who_gives_up_does_not_end_the_reading_for_others() -> None:
    reader = ReaderByHand()
    with served(config(timeout=NEVER), {"shop": reader}) as server, ThreadPoolExecutor() as pool:
        patient = pool.submit(server.ask, "/metrics")
        assert DOWN in server.ask("/metrics", HURRY).text
        reader.go.set()
        assert UP in patient.result().text
    assert reader.reads == 1


def test_who_leaves_does_not_end_the_reading_for_others() -> None:
    reader = ReaderByHand()
    with served(config(timeout=NEVER), {"shop": reader}) as server, ThreadPoolExecutor() as pool:
        patient = pool.submit(server.ask, "/metrics")
        for _ in range(20):
            with server.connect() as leaver:
                leaver.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        server.ask("/-/healthy")
        reader.go.set()
        assert UP in patient.result().text
    assert reader.reads == 1


def test_health_is_answered_while_scrapes_wait() -> None:
    reader = ReaderByHand()
    with served(config(timeout=NEVER), {"shop": reader}) as server, ThreadPoolExecutor(30) as pool:
        scrapes = [pool.submit(server.ask, "/metrics") for _ in range(30)]
        assert server.ask("/-/healthy").status == 200
        assert server.ask("/-/ready").status == 200
        assert not any(scrape.done() for scrape in scrapes)
        reader.go.set()
        assert all(UP in scrape.result().text for scrape in scrapes)
    assert reader.reads == 1


def test_a_connection_serves_one_scrape_after_the_other() -> None:
    with served() as server:
        client = server.client()
        replies = [ask(client, "/metrics").status for _ in range(5)]
        client.close()
    assert replies == [200] * 5


def test_a_reading_that_goes_on_does_not_keep_the_server_from_ending() -> None:
    reader = ReaderByHand()
    with served(config(timeout=NEVER), {"shop": reader}) as server:
        with ThreadPoolExecutor() as pool:
            pool.submit(server.ask, "/metrics", HURRY).result()
        soon(lambda: reader.reads == 1)
    assert reader.stopped
