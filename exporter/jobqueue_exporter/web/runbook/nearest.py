"""The page or section that somebody may have meant who asked for one that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import quote

from jobqueue_exporter.bundle import anchors
from jobqueue_exporter.bundle.page import Page

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Nearest:
    """What it is called, and its address below /runbooks/."""

    title: str
    address: str


def nearest(asked: str, pages: Mapping[str, Page]) -> Nearest | None:
    """What is called most like it: a page by its name or title, or a section; None where nothing is like it."""
    known: dict[str, Nearest] = {}
    for name, page in pages.items():
        for known_as in (name, name.rpartition("/")[2], anchors.slug(page.title)):
            known.setdefault(known_as, Nearest(page.title, quote(name)))
    for name, page in pages.items():
        for section in page.sections:
            anchor = anchors.slug(section.name)
            known.setdefault(anchor, Nearest(section.name, f"{quote(name)}#{anchor}"))
    whole = asked[:LONGEST_NAME].lower().removesuffix(".md")
    for wanted in (whole, anchors.slug(whole.rpartition("/")[2])):
        if near := get_close_matches(wanted, known, 1, 0.7):
            return known[near[0]]
    return None
