"""A runbook page: its sections and its commands, as they stand in its Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKS = ("check", "mitigate", "verify")
_INFO = re.compile(r"(?P<language>\w+)?\s*(?:\{(?P<marks>[^}]*)\})?\s*")
_MARK = re.compile(r'(\w+)(?:="([^"]*)")?')


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code: `marks` is what stands in braces behind its language; `section` is the alert or heading."""

    language: str
    marks: Mapping[str, str]
    text: str
    line: int
    section: str

    @property
    def mark(self) -> str:
        """check, mitigate or verify; empty if it is none or several of these."""
        found = [name for name in self.marks if name in MARKS]
        return found[0] if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading of the second level, the heading left out. `parts` are the headings below it."""

    name: str
    text: str
    line: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One file. `name` is its path without .md, as in workers or procedures/rotate-password."""

    name: str
    place: str
    title: str
    opening: str
    sections: tuple[Section, ...]
    fences: tuple[Fence, ...]

    def section(self, name: str) -> Section | None:
        """The section of that name."""
        return next((each for each in self.sections if each.name == name), None)


def read(file: Path, name: str) -> Page:
    """The page in a file. Raises OSError."""
    text = file.read_text(encoding="utf-8")
    lines = text.split("\n")
    tokens = markdown().parse(text)
    headings = [
        (int(token.tag[1:]), tokens[index + 1].content, token.map[0])
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.map and token.level == 0
    ]
    seconds = [(title, line) for level, title, line in headings if level == 2]
    ends = [*(line for _, line in seconds[1:]), *([len(lines)] if seconds else [])]
    sections = tuple(
        Section(
            name=title,
            text="\n".join(lines[line + 1 : end]).strip("\n"),
            line=line + 1,
            parts=tuple(part for level, part, at in headings if level == 3 and line < at < end),
        )
        for (title, line), end in zip(seconds, ends, strict=True)
    )
    first = next(((title, line) for level, title, line in headings if level == 1), ("", -1))
    opening = "\n".join(lines[first[1] + 1 : seconds[0][1] if seconds else len(lines)]).strip("\n")
    return Page(name, str(file), first[0], opening, sections, tuple(fence(token, sections) for token in _code(tokens)))


def markdown() -> MarkdownIt:
    """Markdown with tables; HTML in it is text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def fence(token: Token, sections: tuple[Section, ...] = ()) -> Fence:
    """A block of code, which stands in one of these sections."""
    info = _INFO.fullmatch(token.info)
    line = (token.map or [0])[0] + 1
    above = [section.name for section in sections if section.line <= line]
    return Fence(
        language=(info and info["language"]) or "",
        marks=MappingProxyType(dict(_MARK.findall((info and info["marks"]) or ""))),
        text=token.content,
        line=line,
        section=above[-1] if above else "",
    )


def _code(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.type == "fence"]
