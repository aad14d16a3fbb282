"""From what is wrong to what to do about it and back, as a person goes at night."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from jobqueue_exporter.demo.database import Database
from tests.browser import shop
from tests.browser.chromium import LOOKS, Look, Visitor, violations
from tests.browser.exporter import exporting

pytestmark = pytest.mark.slow


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    """Where an exporter shows a shop in whose oddly named queues jobs wait too long."""
    shop.late(database, *shop.HOSTILE)
    with exporting(shop.config(database.dsn)) as exporter:
        yield exporter.url


def problem(page: Page, queue: str) -> str:
    """The id of the problem that jobs wait too long in that queue, after the link from it was followed."""
    links = page.locator('a[href^="runbooks/backlog"][href$="#jobqueuewaittoolong"]')
    ids = [
        str(link.evaluate("each => each.closest('li[id], article[id]').id"))
        for link in links.all()
        if queue in str(link.evaluate("each => each.closest('li[id], article[id]').innerText"))
    ]
    assert len(ids) == 1, (queue, ids)
    page.locator(f"#{ids[0]}").evaluate("each => each.closest('details')?.setAttribute('open', '')")
    page.locator(f"#{ids[0]} > a.do, #{ids[0]} > .meta > a.do").first.click()
    page.wait_for_load_state()
    return ids[0]


@pytest.mark.parametrize("queue", shop.HOSTILE)
def test_a_problem_leads_to_its_runbook_with_its_values_and_back_whatever_the_queue_is_called(
    url: str, visitor: Visitor, queue: str
) -> None:
    page = visitor.page()
    page.goto(f"{url}/")
    found = problem(page, queue)

    section = page.locator("article", has=page.locator("h2#jobqueuewaittoolong"))
    expect(section.locator("h2")).to_be_in_viewport()
    now = page.locator("#now-jobqueuewaittoolong")
    expect(now).to_contain_text(re.compile(rf"Holds now, for source shop, queue {re.escape(queue)}, kind SEND"))
    expect(now).to_contain_text(re.compile(r"read at \d\d:\d\d:\d\d UTC"))
    expect(now.locator("tr", has_text="jobqueue_oldest_pending_age_seconds").locator("td").nth(1)).to_have_text(
        re.compile(r"^2h")
    )

    now.get_by_role("link", name="Back to the problem").click()
    expect(page.locator(f"#{found}:target")).to_be_in_viewport()
    expect(page.locator(f"#{found}")).to_contain_text(queue)


def test_a_runbook_without_a_lane_tells_every_place_and_leads_to_each(url: str, visitor: Visitor) -> None:
    page = visitor.page()
    page.goto(f"{url}/runbooks/backlog")
    now = page.locator("#now-jobqueuewaittoolong")
    expect(now).to_contain_text(f"Holds now in {len(shop.HOSTILE)} places")
    for queue in shop.HOSTILE:
        expect(now.locator("li", has_text=f"shop / {queue} / SEND")).to_be_visible()
    now.locator("li", has_text=f"shop / {shop.HOSTILE[0]} / SEND").get_by_role("link", name="Its values").click()
    expect(page.locator("#now-jobqueuewaittoolong")).to_contain_text(f"queue {shop.HOSTILE[0]}, kind SEND")


def test_links_between_runbooks_keep_the_lane(url: str, visitor: Visitor) -> None:
    page = visitor.page()
    page.goto(f"{url}/runbooks/backlog?source=shop")
    page.get_by_role("link", name="nobody works").first.click()
    expect(page.locator("#now-jobqueuenoworkers")).to_contain_text("for source shop")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", ["/", "/runbooks/", "/runbooks/backlog?source=shop", "/runbooks/procedures/capacity"])
def test_nothing_keeps_people_from_using_a_page(url: str, visitor: Visitor, look: Look, path: str) -> None:
    page = visitor.page(look)
    page.goto(f"{url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= look.width
    for fold in page.locator("details").all():
        fold.evaluate("each => { each.open = true; }")
    assert violations(page) == []


def test_without_scripts_nothing_is_missing(url: str, visitor: Visitor) -> None:
    plain, scripted = visitor.page(javascript=False), visitor.page()
    for path in ("/", "/runbooks/", "/runbooks/backlog?source=shop"):
        for page in (plain, scripted):
            page.goto(f"{url}{path}")
        assert _said(plain.locator("main")) == _said(scripted.locator("main"))


def _said(main: Locator) -> set[str]:
    text = str(main.evaluate("each => each.textContent"))
    # a reading later than the other
    return {re.sub(r"\d+", "0", word) for word in text.split()} - {"Copy", "Copied"}


def test_a_command_is_copied_by_its_button(url: str, visitor: Visitor) -> None:
    page = visitor.page()
    page.goto(f"{url}/runbooks/backlog#jobqueuewaittoolong")
    block = page.locator("figure.code", has_text="jobqueue jobs reclaim").first
    block.get_by_role("button").click()
    expect(block.get_by_role("button")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == 'jobqueue jobs reclaim --reason "their workers are gone" --yes'


def test_a_command_is_copied_where_the_browser_keeps_the_clipboard_from_pages_without_tls(
    url: str, visitor: Visitor
) -> None:
    page = visitor.page()
    page.add_init_script("window.real = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', {})")
    page.goto(f"{url}/runbooks/backlog#jobqueuewaittoolong")
    block = page.locator("figure.code", has_text="jobqueue jobs reclaim").first
    block.get_by_role("button").click()
    expect(block.get_by_role("button")).to_have_text("Copied")
    copied = page.evaluate("window.real.readText()")
    assert str(copied).strip() == 'jobqueue jobs reclaim --reason "their workers are gone" --yes'


def test_the_contents_follow_the_text(url: str, visitor: Visitor) -> None:
    page = visitor.page()
    page.goto(f"{url}/runbooks/backlog#decide-1")
    here = page.locator(".contents.beside .current")
    expect(here.locator("> a")).to_have_text("JobQueueStalled")
    expect(here.locator("[aria-current]")).to_have_text("Decide")
    page.locator(".contents.beside").get_by_role("link", name="JobQueueBacklogHigh").click()
    expect(page.locator(".contents.beside .current > a")).to_have_text("JobQueueBacklogHigh")


def test_on_a_phone_the_contents_are_folded_above_the_text(url: str, visitor: Visitor) -> None:
    page = visitor.page(LOOKS[2])
    page.goto(f"{url}/runbooks/backlog")
    expect(page.locator(".contents.beside")).to_be_hidden()
    link = page.locator(".contents.folded").get_by_role("link", name="JobQueueStalled", exact=True)
    expect(link).to_be_hidden()
    page.locator(".contents.folded summary").click()
    link.click()
    expect(page.locator("h2#jobqueuestalled")).to_be_in_viewport()
