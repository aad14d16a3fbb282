"""Where links into a runbook page can lead, and the page as HTML with these places in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from jobqueue_exporter.bundle.page import Page, Section, fence, markdown

WORDS = {"check": "reads only", "mitigate": "changes something", "verify": "verify, reads only"}


@dataclass(frozen=True, slots=True)
class Part:
    """A heading below a section's, and its anchor."""

    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Laid:
    """A section as HTML: its heading with the places that links lead to, and what stands below."""

    name: str
    anchor: str
    heading: str
    body: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A page as HTML: its title and what stands above the first section, and the sections."""

    opening: str
    sections: tuple[Laid, ...]


def anchors(page: Page) -> frozenset[str]:
    """The anchors of a page: headings in small letters with - between words, and names of alerts in their own case."""
    return frozenset(re.findall(r' id="([^"]*)"', html(page)))


def html(page: Page) -> str:
    """The page as HTML, without head and body. HTML in its Markdown is shown as text."""
    made = layout(page)
    return "".join([made.opening, *(section.heading + section.body for section in made.sections)])


def layout(page: Page, query: str = "") -> Layout:
    """The page as HTML in parts. `query`, with its ?, is put to each link to another page of ours."""
    made = _rendering(query)
    # One text for all sections, so that an anchor that is there twice gets a number.
    texts = [f"# {page.title}\n\n{page.opening}", *(_markdown(section) for section in page.sections)]
    tokens = made.parse("\n\n".join(texts))
    starts = [index for index, token in enumerate(tokens) if _opens(token, "h2")]
    sections = [_laid(made, tokens[start:end]) for start, end in pairwise([*starts, len(tokens)])]
    return Layout(_shown(made, tokens[: starts[0] if starts else len(tokens)]), tuple(sections))


def slug(heading: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w]+", "-", heading.lower()).strip("-")


def _markdown(section: Section) -> str:
    return f"## {section.name}\n\n{section.text}"


def _rendering(query: str) -> MarkdownIt:
    made = markdown().use(anchors_plugin, max_level=3, slug_func=slug)
    made.core.ruler.push("own_links", lambda state: _own_links(state.tokens, query))
    made.add_render_rule("fence", _code)
    return made


def _own_links(tokens: list[Token], query: str) -> None:
    """Links to other pages, which are files in a checkout and have no .md where they are served."""
    for token in tokens:
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else None
            if isinstance(target, str) and "://" not in target:
                child.attrSet("href", re.sub(r"\.md(?=#|$)", lambda _: query, target))


def _code(_: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    """A block of code, under a line that says what its commands do and where they are for."""
    found = fence(tokens[index])
    words = [WORDS[found.mark]] if found.mark else [found.language] if found.language else []
    words += [found.marks[found.mark]] if found.mark and found.marks[found.mark] else []
    words += [value for name, value in found.marks.items() if name != found.mark and value]
    caption = " ".join(f"<span>{escape(word.replace('_', ' '))}</span>" for word in words)
    head = f"<figcaption>{caption}</figcaption>" if caption else ""
    language = f' class="language-{escape(found.language)}"' if found.language else ""
    kind = f"code {found.mark}".strip()
    return f'<figure class="{kind}">{head}<pre><code{language}>{escape(found.text)}</code></pre></figure>\n'


def _laid(made: MarkdownIt, tokens: list[Token]) -> Laid:
    name, anchor = tokens[1].content, str(tokens[0].attrGet("id"))
    # Dashboards link by the name of the alert, in its own case.
    own = f'<a id="{_attribute(name)}"></a>\n' if anchor != name else ""
    parts = [
        Part(_plain(tokens[index + 1]), str(token.attrGet("id")))
        for index, token in enumerate(tokens)
        if _opens(token, "h3")
    ]
    return Laid(_plain(tokens[1]), anchor, own + _shown(made, tokens[:3]), _shown(made, tokens[3:]), tuple(parts))


def _opens(token: Token, tag: str) -> bool:
    return token.type == "heading_open" and token.tag == tag and token.level == 0


def _plain(heading: Token) -> str:
    return "".join(child.content for child in heading.children or ())


def _shown(made: MarkdownIt, tokens: list[Token]) -> str:
    return str(made.renderer.render(tokens, made.options, {}))


def _attribute(text: str) -> str:
    return re.sub(r"[^\w-]", "-", text)
