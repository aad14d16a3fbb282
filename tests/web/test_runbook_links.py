"""What leads to the pages under /runbooks/, and from a path where there is none."""

from __future__ import annotations

import pytest

from jobqueue_exporter.bundle import specs
from tests.web.served import served


def test_each_alert_of_the_list_can_be_linked_to() -> None:
    with served() as server:
        text = server.ask("/runbooks/").text
    assert [spec.name for spec in specs.ours() if f'<li id="{spec.name.lower()}"' not in text] == []


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("backlogs", "backlog"),
        ("worker", "workers"),
        ("dlq/dead-letters", "dead-letter-queue"),
        ("procedures/capasity", "procedures/capacity"),
        ("JobQueueStaled", "backlog#jobqueuestalled"),
    ],
)
def test_a_page_that_is_not_there_leads_to_the_nearest(path: str, near: str) -> None:
    with served() as server:
        reply = server.ask(f"/runbooks/{path}")
    up = "../" * (path.count("/") + 1)
    assert reply.status == 404
    assert f'Did you mean <a href="{up}runbooks/{near}">' in reply.text


def test_a_page_that_nothing_is_like_leads_to_the_list_alone() -> None:
    with served() as server:
        text = server.ask(f"/runbooks/{'%3Cb%3E' * 500}").text
    assert "Did you mean" not in text
    assert "<b>" not in text.replace("<b class", "")


def test_every_link_to_a_runbook_in_our_alerts_leads_to_an_anchor_that_is_there() -> None:
    found: dict[str, str] = {}
    with served() as server:
        for spec in specs.ours():
            page = found.setdefault(spec.topic, server.ask(f"/runbooks/{spec.topic}").text)
            assert f'id="{spec.name.lower()}"' in page, spec.name
            assert f'id="{spec.name}"' in page, spec.name


def test_the_status_page_leads_to_the_runbooks() -> None:
    with served() as server:
        assert '<a href="runbooks/">runbooks</a>' in server.ask("/").text
