"""Pictures of the pages for the README, from the demo: `python -m tests.browser.pictures FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from jobqueue_exporter.demo import stage
from jobqueue_exporter.demo.scenarios import SCENARIOS
from tests.browser.chromium import PHONE, WIDE, Look, chromium
from tests.browser.exporter import exporting

MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A file, and what is in it. `ready` brings the page to where the picture is taken."""

    name: str
    path: str
    look: Look
    height: int
    ready: Callable[[Page], object] = lambda page: None


def _to_the_section(page: Page) -> None:
    page.locator("h2#jobqueuenoworkers").scroll_into_view_if_needed()


RUNBOOK = "/runbooks/workers?source=demo#jobqueuenoworkers"
PICTURES = (
    Picture("page-light", "/", Look("light", WIDE), 880),
    Picture("page-dark", "/", Look("dark", WIDE), 880),
    Picture("page-phone", "/", Look("dark", PHONE), 844),
    Picture("runbook-light", RUNBOOK, Look("light", WIDE), 880, _to_the_section),
    Picture("runbook-dark", RUNBOOK, Look("dark", WIDE), 880, _to_the_section),
    Picture("runbook-phone", RUNBOOK, Look("light", PHONE), 844, _to_the_section),
)


def main(folder: Path) -> None:
    """Take all pictures into that folder, of a demo whose workers are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        stage.opened(SCENARIOS["no-workers"], lambda step: print(step, file=sys.stderr)) as demo,
        exporting(stage.config(demo.dsn, "127.0.0.1:0")) as exporter,
        chromium() as browser,
    ):
        for picture in PICTURES:
            _take(browser, exporter.url, picture, folder / f"{picture.name}.png")


def _take(browser: Browser, url: str, picture: Picture, file: Path) -> None:
    scheme, width = picture.look
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": picture.height})
    page.goto(f"{url}{picture.path}")
    picture.ready(page)
    page.wait_for_timeout(300)  # what fades in
    page.screenshot(path=file)
    page.close()
    size = file.stat().st_size
    print(f"{file}: {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        raise SystemExit(f"{file} is larger than {MOST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
