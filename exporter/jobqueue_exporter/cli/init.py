"""`jobqueue init`: look at a database and write a commented jobqueue.yml."""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.errors import ConfigError

if TYPE_CHECKING:
    from ruamel.yaml.comments import CommentedMap

    from jobqueue_exporter.config.types import Source
    from jobqueue_exporter.engines.protocol import Proposal

EXAMPLES = """\b
Examples:
  DATABASE_URL=postgresql://... jobqueue init
  DATABASE_URL=postgresql://... jobqueue init --file - | less
"""

_HEAD = """\
Written by `jobqueue init` from a look at the database; edit it, then: jobqueue check-config
All keys, with their defaults, are in examples/jobqueue.yml of the project.
"""
_MOST_LANES = 20
_WIDTH = 100


@click.command(epilog=EXAMPLES)
@click.option(
    "--file",
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path("jobqueue.yml"),
    show_default=True,
    help="Where to write it; - for stdout.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init(*, file: Path, force: bool) -> None:
    """Look at what DATABASE_URL and REDIS_URL name and write a commented jobqueue.yml.

    Passwords stay in the environment: the file says ${DATABASE_URL}.
    """
    from jobqueue_exporter import engines
    from jobqueue_exporter.config.load import from_environment

    to_stdout = str(file) == "-"
    if not to_stdout and file.exists() and not force:
        raise ConfigError(f"{file} is there already: add --force to write over it, or --file another.yml")
    sources = from_environment(os.environ).sources
    proposals = [(source, engines.propose(source)) for source in sources]
    text = _yaml(proposals)
    if to_stdout:
        click.echo(text, nl=False)
        return
    file.write_text(text, encoding="utf-8")
    for source, proposal in proposals:
        for notice in proposal.notices:
            click.echo(f"note: {notice}", err=True)
        what = proposal.settings.get("table", proposal.settings["engine"])
        click.echo(f"wrote {file}: source {source.name}, {what}")
    click.echo("next: jobqueue doctor, then jobqueue serve")


def _yaml(proposals: Sequence[tuple[Source, Proposal]]) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    document = CommentedMap(
        sources=[_source(source, proposal) for source, proposal in proposals],
        queues=[_rule(source.name, proposal) for source, proposal in proposals],
    )
    document.yaml_set_start_comment(_HEAD)
    document.yaml_set_comment_before_after_key(
        "queues", before="\nWhat you want of your jobs; for each lane the first match wins, * matches all"
    )
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _source(found: Source, proposal: Proposal) -> CommentedMap:
    from ruamel.yaml.comments import CommentedMap

    from jobqueue_exporter import dsn
    from jobqueue_exporter.config.load import ADDRESSES

    variable = next(name for name, kind in ADDRESSES.items() if kind == dsn.kind(found.dsn))
    source = CommentedMap(name=found.name, dsn=f"${{{variable}}}")
    source.update({key: _flow(value) for key, value in proposal.settings.items()})
    missing = f"; no column was found for: {', '.join(proposal.missing)}" if proposal.missing else ""
    # This is what `jobqueue init` writes.
    noticed = [notice.replace(" (`jobqueue init` writes one)", "") for notice in proposal.notices]
    of_states = [proposal.states, *noticed]
    comments = {
        "columns": _lines(f"which column says what{missing}", *([] if "states" in source else of_states)),
        "states": _lines("which values of the state column mean what", *of_states),
        "events": "what happened to each job: throughput, failures, waits and run times come from here",
        "heartbeats": "one row for each worker process, idle ones too",
        "dead_letters": "dead jobs are kept in a table of their own",
    }
    for key, comment in comments.items():
        if key in source:
            source.yaml_set_comment_before_after_key(key, before=comment, indent=4)
    return source


def _lines(*texts: str) -> str:
    """The texts one below the other, long ones in several lines."""
    return "\n".join(line for text in texts for line in textwrap.wrap(text, _WIDTH, break_long_words=False))


def _flow(value: object) -> object:
    """Lists in one line, mappings with a line for each key."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, dict):
        return CommentedMap((key, _flow(inner)) for key, inner in value.items())
    if isinstance(value, list):
        line = CommentedSeq(value)
        line.fa.set_flow_style()
        return line
    return value


def _rule(name: str, proposal: Proposal) -> CommentedMap:
    from ruamel.yaml.comments import CommentedMap

    match = CommentedMap(source=name, queue="*", kind="*")
    match.fa.set_flow_style()
    rule = CommentedMap(match=match, owner="", wait_objective="5m", max_runtime="1h", page=True)
    seen = [f"{lane.queue}/{lane.kind}" if lane.kind else lane.queue for lane in proposal.lanes]
    more = ", …" if len(seen) > _MOST_LANES else ""
    rule.yaml_set_comment_before_after_key(
        "owner", before=f"lanes with live jobs now: {', '.join(seen[:_MOST_LANES]) or 'none'}{more}", indent=4
    )
    return rule
