"""Chromium without a window, pages that are watched in it, and what axe finds wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

from tests.tooling import tool

WIDE = 1280
PHONE = 390
Scheme = Literal["light", "dark"]


class Look(NamedTuple):
    """How somebody looks at a page: colours and width in CSS pixels."""

    scheme: Scheme = "light"
    width: int = WIDE


LOOKS = (Look("light"), Look("dark"), Look("light", PHONE), Look("dark", PHONE))


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; the test is skipped, or fails, where there is none."""
    program = tool("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Opens pages and notes what they complain of: errors, words on the console, what cannot be loaded, dialogs."""

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._open: list[BrowserContext] = []

    def page(self, look: Look = Look(), *, javascript: bool = True) -> Page:  # noqa: B008 - it cannot be changed
        """A new page of its own browser, as a stranger's."""
        context = self._browser.new_context(
            color_scheme=look.scheme,
            viewport={"width": look.width, "height": 844},
            java_script_enabled=javascript,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self._open.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url} {request.failure}"))
        page.on("dialog", self._refuse)
        return page

    def _refuse(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def close(self) -> None:
        """Close all pages."""
        for context in self._open:
            context.close()


def violations(page: Page) -> list[str]:
    """What axe calls serious or critical about a page as it is now: the rule, and where."""
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(results => results.violations)")
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found
        for node in each["nodes"]
        if each["impact"] in ("serious", "critical")
    ]
