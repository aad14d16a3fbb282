"""Where links into a runbook page can lead, and the page as HTML with these places in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from jobqueue_exporter.bundle.page import Page, Section, markdown

After = Callable[[str], str]


def anchors(page: Page) -> frozenset[str]:
    """The anchors of a page: headings in small letters with - between words, and names of alerts in their own case."""
    return frozenset(re.findall(r' id="([^"]*)"', html(page)))


def html(page: Page, below: After = lambda _: "") -> str:
    """The page as HTML, without head and body. HTML in its Markdown is shown as text; `below` is HTML that is put
    under the heading of each section, by the section's name."""
    made = _rendering()
    # One environment for all parts, so that an anchor that is there twice gets a number.
    parts = [f"# {page.title}\n\n{page.opening}", *(_markdown(section) for section in page.sections)]
    tokens = made.parse("\n\n".join(parts))
    return str(made.renderer.render(_with_places(tokens, page, below), made.options, {}))


def slug(heading: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w]+", "-", heading.lower()).strip("-")


def _markdown(section: Section) -> str:
    return f"## {section.name}\n\n{section.text}"


def _rendering() -> MarkdownIt:
    made = markdown().use(anchors_plugin, max_level=3, slug_func=slug)
    made.core.ruler.push("own_links", lambda state: _own_links(state.tokens))
    return made


def _own_links(tokens: list[Token]) -> None:
    """Links to other pages, which are files in a checkout and have no .md where they are served."""
    for token in tokens:
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else None
            if isinstance(target, str) and "://" not in target:
                child.attrSet("href", re.sub(r"\.md(?=#|$)", "", target))


def _with_places(tokens: list[Token], page: Page, below: After) -> list[Token]:
    """With an anchor in the exact case at each section, since dashboards link by the name of the alert."""
    names = {section.name for section in page.sections}
    found: list[Token] = []
    for index, token in enumerate(tokens):
        heading = tokens[index + 1].content if token.type == "heading_open" and token.tag == "h2" else ""
        if heading in names and token.attrGet("id") != heading:
            found.append(_html(f'<a id="{_attribute(heading)}"></a>\n'))
        found.append(token)
        if token.type == "heading_close" and token.tag == "h2":
            found.append(_html(below(tokens[index - 1].content)))
    return found


def _html(content: str) -> Token:
    return Token("html_block", "", 0, content=content)


def _attribute(text: str) -> str:
    return re.sub(r"[^\w-]", "-", text)
