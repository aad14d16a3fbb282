from __future__ import annotations

import pytest

from jobqueue_exporter.bundle import commands


@pytest.mark.parametrize(
    ("block", "calls"),
    [
        ("jobqueue jobs stats", [(0, "jobqueue jobs stats")]),
        ("# jobqueue nothing\n\njobqueue jobs stats  # now", [(2, "jobqueue jobs stats")]),
        (
            "jobqueue dlq list \\\n  --limit 5\njobqueue ready",
            [(0, "jobqueue dlq list --limit 5"), (2, "jobqueue ready")],
        ),
        (
            "jobqueue dlq list --output json | jq -r '.jobs | max_by(.x).id' > out && jobqueue ready",
            [(0, "jobqueue dlq list --output json"), (0, "jobqueue ready")],
        ),
        (
            "JOB=$(jobqueue dlq list --limit 1 | jq -r '.jobs | max_by(.x).id // empty')\njobqueue jobs status $JOB",
            [(0, "jobqueue dlq list --limit 1"), (1, "jobqueue jobs status '$JOB'")],
        ),
        ('echo "$(jobqueue ready)"', [(0, "jobqueue ready")]),
        ("echo '$(jobqueue ready)'", []),
        ('for JOB in $(cat ids); do jobqueue dlq inspect "$JOB"; done', [(0, "jobqueue dlq inspect '$JOB'")]),
        ("if ! jobqueue ready; then echo no; fi", [(0, "jobqueue ready")]),
        ("DATABASE_URL=x jobqueue once 2>/dev/null", [(0, "jobqueue once")]),
        ("kubectl exec deploy/jobqueue -- jobqueue once", [(0, "jobqueue once")]),
        ("docker compose exec jobqueue jobqueue once", [(0, "jobqueue once")]),
        ("sudo -u app jobqueue once", [(0, "jobqueue once")]),
        ("docker compose logs jobqueue --since 5m\nkubectl logs jobqueue --tail 1\nsystemctl status jobqueue x", []),
        ("curl localhost:10227/jobqueue once", []),
    ],
)
def test_calls_are_found_wherever_shell_has_them(block: str, calls: list[tuple[int, str]]) -> None:
    assert list(commands.calls(block)) == calls


def test_a_quote_that_is_left_open_is_an_error() -> None:
    with pytest.raises(ValueError, match="No closing quotation"):
        list(commands.calls("jobqueue dlq list 'x"))
