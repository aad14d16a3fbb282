"""YAML as we write it: from data, in the order of the data, the same every time."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

MADE = "# Made by `jobqueue alerts render`"
"""How each of our files of alerts begins."""

_HEAD = "# Made by `jobqueue {by}`{source}. Not to be edited: the next run would undo it.\n"


class _Dumper(yaml.SafeDumper):
    """Indents lists, and writes text of several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists are indented under their key."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def text(data: Mapping[str, object], *, topic: str = "", by: str = "alerts render") -> str:
    """The file that holds this data; `topic` names the spec that it is made from, `by` the command that makes it."""
    body = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False)
    return f"{_HEAD.format(by=by, source=f' from {topic}.yaml' if topic else '')}{body}"
