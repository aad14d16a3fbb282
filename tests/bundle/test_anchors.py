"""A runbook page as HTML."""

from __future__ import annotations

from pathlib import Path

from jobqueue_exporter.bundle import anchors, page
from jobqueue_exporter.bundle.anchors import Part
from jobqueue_exporter.bundle.page import Page

TEXT = """\
# Title

Opening with [a link](other.md#part), [one in it](#jobqueueone) and [one outside](https://example.com/x.md).

## JobQueueOne

### What *it* is

1. Do it:

   ```sh {mitigate platform="kubernetes"}
   echo "<a & b>"
   ```

### Verify

```sh {verify}
true
```

## Other words

### Verify

```yaml
a: 1
```
"""


def read(folder: Path) -> Page:
    file = folder / "mine.md"
    file.write_text(TEXT)
    return page.read(file, "mine")


def test_a_section_knows_its_anchor_and_the_parts_below_it_by_their_own(tmp_path: Path) -> None:
    made = anchors.layout(read(tmp_path))
    assert [(each.name, each.anchor, each.parts) for each in made.sections] == [
        ("JobQueueOne", "jobqueueone", (Part("What it is", "what-it-is"), Part("Verify", "verify"))),
        ("Other words", "other-words", (Part("Verify", "verify-1"),)),
    ]


def test_a_block_says_what_its_commands_do_and_where_they_are_for(tmp_path: Path) -> None:
    one, other = anchors.layout(read(tmp_path)).sections
    assert (
        '<figure class="code mitigate"><figcaption><span>changes something</span> <span>kubernetes</span></figcaption>'
        '<pre><code class="language-sh">echo &quot;&lt;a &amp; b&gt;&quot;\n</code></pre></figure>'
    ) in one.body
    assert '<figure class="code verify"><figcaption><span>verify, reads only</span></figcaption>' in one.body
    assert '<figure class="code"><figcaption><span>yaml</span></figcaption>' in other.body


def test_a_query_is_put_to_links_to_other_pages_of_ours_only(tmp_path: Path) -> None:
    opening = anchors.layout(read(tmp_path), "?source=shop&queue=a").opening
    assert 'href="other?source=shop&amp;queue=a#part"' in opening
    assert 'href="#jobqueueone"' in opening
    assert 'href="https://example.com/x.md"' in opening


def test_the_parts_together_are_the_whole_page(tmp_path: Path) -> None:
    made = anchors.layout(read(tmp_path))
    whole = made.opening + "".join(each.heading + each.body for each in made.sections)
    assert anchors.html(read(tmp_path)) == whole
    assert anchors.anchors(read(tmp_path)) == {
        "title",
        "JobQueueOne",
        "jobqueueone",
        "what-it-is",
        "verify",
        "Other-words",
        "other-words",
        "verify-1",
    }
