"""A runbook as it is read in a terminal: links are commands that print what they lead to, prose fits the width."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from posixpath import dirname, join, normpath

from jobqueue_exporter.bundle.page import Page

_PROCEDURES = "procedures/"
_KEPT = "\N{NO-BREAK SPACE}"
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_ITEM = re.compile(r"\s*([-*+]|\d+[.)])\s+")
_UNFOLDED = re.compile(r"\s*(#{1,6} |\|)")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`]+`")


def linked(text: str, here: Page, pages: Iterable[Page]) -> str:
    """The text of a page with commands in place of its links to pages; other links stay, and so does code."""
    by_name = {page.name: page for page in pages}

    def command(found: re.Match[str]) -> str:
        return _command(found[1], found[2], here, by_name) or found[0]

    return "\n".join(part if fenced else _LINK.sub(command, part) for fenced, part in _parts(text.split("\n")))


def folded(text: str, width: int) -> str:
    """The text with its paragraphs and items in lines of this width, broken at blanks but not within code.

    Headings, tables and blocks of code stay as they are.
    """
    return "\n".join(
        part if fenced else "\n".join(_folded(part.split("\n"), width)) for fenced, part in _parts(text.split("\n"))
    )


def _command(said: str, target: str, here: Page, pages: dict[str, Page]) -> str:
    file, _, place = target.partition("#")
    name = normpath(join(dirname(here.name), file)).removesuffix(".md") if file else here.name
    page = pages.get(name)
    if page is None:
        return ""
    alerts = () if page.name.startswith(_PROCEDURES) else page.sections
    if alert := next((each.name for each in alerts if each.name.lower() == place.lower()), ""):
        command = f"`jobqueue runbook {alert}`"
        return command if said == alert else f"{said} ({command})"
    headings = [heading for section in page.sections for heading in (section.name, *section.parts)]
    below = next((heading for heading in headings if place and _place(heading) == place), "")
    return f"{said} (`jobqueue runbook {page.name}`{f', under {below}' if below else ''})"


def _place(heading: str) -> str:
    return re.sub(r"[^\w]+", "-", heading.lower()).strip("-")


def _parts(lines: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Blocks of code, and what is between them, each as one text, and whether it is code."""
    part: list[str] = []
    mark = ""
    for line in lines:
        fence = _FENCE.match(line)
        if not mark and fence:
            if part:
                yield False, "\n".join(part)
            part, mark = [line], fence[1]
        elif mark and fence and fence[1].startswith(mark) and line.strip() == fence[1]:
            yield True, "\n".join([*part, line])
            part, mark = [], ""
        else:
            part.append(line)
    if part:
        yield bool(mark), "\n".join(part)


def _folded(lines: Iterable[str], width: int) -> Iterator[str]:
    paragraph: list[str] = []
    for line in lines:
        whole = not line.strip() or _UNFOLDED.match(line)
        if paragraph and (whole or _ITEM.match(line)):
            yield from _paragraph(paragraph, width)
            paragraph = []
        if whole:
            yield line
        else:
            paragraph.append(line)
    if paragraph:
        yield from _paragraph(paragraph, width)


def _paragraph(lines: list[str], width: int) -> list[str]:
    item = _ITEM.match(lines[0])
    blanks = len(lines[0]) - len(lines[0].lstrip())
    text = _CODE.sub(lambda code: code[0].replace(" ", _KEPT), " ".join(line.strip() for line in lines))
    found = textwrap.wrap(
        text,
        width,
        initial_indent=" " * blanks,
        subsequent_indent=" " * (len(item[0]) if item else blanks),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_KEPT, " ") for line in found]
