"""`jobqueue once`: read every source once and print what a scrape would tell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from jobqueue_exporter import __version__
from jobqueue_exporter.model import Snapshot

_ACCEPT = {"text": "text/plain;version=0.0.4", "openmetrics": "application/openmetrics-text;version=1.0.0"}

EXAMPLES = """\b
Examples:
  jobqueue once                            all sources of jobqueue.yml
  DATABASE_URL=postgresql://... jobqueue once
  jobqueue once --source shop --output json
"""


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml.")
@click.option("--source", "names", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option("--output", type=click.Choice([*_ACCEPT, "json"]), default="text", show_default=True)
def once(*, path: Path | None, names: tuple[str, ...], output: str) -> None:
    """Read every source once and print the metrics.

    Counters and histograms are left out: they grow between two readings, and this is one.

    Exits with 0 when every source could be read, with 1 when one could not (stderr says why), with 2 when
    the configuration is wrong.
    """
    from jobqueue_exporter.cli.snapshots import snapshots
    from jobqueue_exporter.config.load import load

    found = snapshots(load(path, os.environ), names)
    click.echo(_written(found, output), nl=False)
    # Of a source that is down, the reading itself has logged the reason.
    for snapshot in found:
        for failed in (one for one in snapshot.collectors if snapshot.up and not one.success):
            click.echo(f"{snapshot.source}: {failed.name}: {failed.error}", err=True)
    if not all(snapshot.up for snapshot in found):
        click.get_current_context().exit(1)


def _written(snapshots: Sequence[Snapshot], output: str) -> bytes:
    if output == "json":
        import json

        from jobqueue_exporter import snapshot_json

        document = {"sources": [snapshot_json.plain(snapshot) for snapshot in snapshots]}
        return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()
    from jobqueue_exporter import exposition

    itself = exposition.ExporterFacts(version=__version__, config_reload_ok=True)
    body, _ = exposition.render(snapshots, accept=_ACCEPT[output], exporter=itself)
    return body
