"""`jobqueue alerts test`: run the promtool tests of a checkout."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from jobqueue_exporter.errors import JobQueueError

EXAMPLES = """\b
Examples:
  jobqueue alerts test
  jobqueue alerts test backlog workers
"""


@click.command("test", epilog=EXAMPLES)
@click.argument("topics", nargs=-1)
def test(*, topics: tuple[str, ...]) -> None:
    """Render the alerts as their specs have them, then run their promtool tests: all, or those of some topics.

    Only in a checkout: installed packages bring no tests. Exits with 0 when all pass, else with 1.
    """
    from jobqueue_exporter.bundle import check, configured, rendering
    from jobqueue_exporter.bundle.folder import changes
    from jobqueue_exporter.config.types import Config

    folder = check.tests_of_a_checkout()
    if folder is None:
        raise click.UsageError("there are tests of alerts only in a checkout of jobqueue-exporter")
    files = _files(folder, topics)
    bundle = configured.bundle(Config(sources=()))
    rendered = rendering.files(bundle.specs, bundle.settings, bundle.owners)
    if changes(folder.parents[1] / "alerts", rendered).stale:
        raise JobQueueError("the rules in alerts/prometheus are stale: run `make alerts` first")
    done = subprocess.run([_promtool(folder.parents[1]), "test", "rules", *files], check=False)
    click.get_current_context().exit(1 if done.returncode else 0)


def _files(folder: Path, topics: tuple[str, ...]) -> list[Path]:
    known = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
    if unknown := [topic for topic in topics if topic not in known]:
        raise click.UsageError(f"there are no tests of {', '.join(unknown)}; there are {', '.join(known) or 'none'}")
    return [known[topic] for topic in topics] or list(known.values())


def _promtool(root: Path) -> str:
    found = shutil.which("promtool", path=str(root / ".tools/bin")) or shutil.which("promtool")
    if found is None:
        raise JobQueueError("promtool is not there: run `make tools`, or install Prometheus")
    return found
