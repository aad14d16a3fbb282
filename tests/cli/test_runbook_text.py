from __future__ import annotations

import pytest

from jobqueue_exporter.bundle.page import Page, Section
from jobqueue_exporter.cli.runbook_text import folded, linked


def page(name: str, *sections: Section) -> Page:
    return Page(name, f"{name}.md", name.title(), "", sections, ())


WORKERS = page("workers", Section("JobQueueStuckJobs", "", 1, ("Verify",)))
REQUEUE = page("procedures/requeue", Section("One, then many", "", 1, ("By hand",)))


@pytest.mark.parametrize(
    ("here", "link", "expected"),
    [
        (WORKERS, "[JobQueueStuckJobs](#jobqueuestuckjobs)", "`jobqueue runbook JobQueueStuckJobs`"),
        (REQUEUE, "[stuck](../workers.md#JobQueueStuckJobs)", "stuck (`jobqueue runbook JobQueueStuckJobs`)"),
        (WORKERS, "[workers](workers.md)", "workers (`jobqueue runbook workers`)"),
        (WORKERS, "[how](procedures/requeue.md)", "how (`jobqueue runbook procedures/requeue`)"),
        (
            WORKERS,
            "[how](procedures/requeue.md#one-then-many)",
            "how (`jobqueue runbook procedures/requeue`, under One, then many)",
        ),
        (REQUEUE, "[by\nhand](#by-hand)", "by\nhand (`jobqueue runbook procedures/requeue`, under By hand)"),
        (WORKERS, "[site](https://example.org/a.md)", "[site](https://example.org/a.md)"),
        (WORKERS, "[other](other.md)", "[other](other.md)"),
    ],
)
def test_a_link_is_the_command_that_prints_what_it_leads_to(here: Page, link: str, expected: str) -> None:
    assert linked(f"See {link}.", here, [WORKERS, REQUEUE]) == f"See {expected}."


def test_code_is_neither_linked_nor_folded() -> None:
    text = "   ```sh {check}\n   echo [a](workers.md) and many more words than fit\n   ```"
    assert folded(linked(text, WORKERS, [WORKERS]), 20) == text


def test_paragraphs_are_folded_anew_and_items_under_their_first_word() -> None:
    text = (
        "# A heading that is longer than the line\n\nOne two three\nfour five six.\n\n"
        "1. One two three four\n   five six.\n2. Seven.\n\n| a table | is wide as it is |"
    )
    assert folded(text, 16) == (
        "# A heading that is longer than the line\n\nOne two three\nfour five six.\n\n"
        "1. One two three\n   four five\n   six.\n2. Seven.\n\n| a table | is wide as it is |"
    )


def test_code_within_a_line_is_not_broken() -> None:
    assert folded("Run the command `jobqueue jobs stats` now.", 20) == "Run the command\n`jobqueue jobs stats`\nnow."
