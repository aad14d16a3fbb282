"""What stands in files of its own: secrets, and the folder of own alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from jobqueue_exporter.config.document import Document
from jobqueue_exporter.config.nodes import Problem, Where


def resolved(document: Document, directory: Path) -> Document:
    """The document with the text of each `dsn_file` as the `dsn` of its source.

    Paths are relative to `directory`, that of own alerts too. A source must have one of both; else there is a problem.
    """
    document = replace(document, data=_with_own_alerts(document.data, directory))
    sources = document.data.get("sources")
    if not isinstance(sources, list):
        return document
    problems: list[Problem] = []
    read = [_source(source, ("sources", index), directory, problems) for index, source in enumerate(sources)]
    return replace(
        document,
        data={**document.data, "sources": read},
        problems=(*document.problems, *problems),
        unresolved=document.unresolved | {problem.where for problem in problems},
    )


def _with_own_alerts(data: Mapping[str, object], directory: Path) -> Mapping[str, object]:
    alerts = data.get("alerts")
    if not isinstance(alerts, dict) or not isinstance(folder := alerts.get("extra_dir"), str):
        return data
    return {**data, "alerts": {**alerts, "extra_dir": str(directory / folder)}}


def _source(source: object, where: Where, directory: Path, problems: list[Problem]) -> object:
    if not isinstance(source, dict):
        return source
    file = source.get("dsn_file")
    if file is None and "dsn" not in source:
        problems.append(Problem(where, "the key `dsn` is missing (or `dsn_file`, a file that holds it)"))
    if not isinstance(file, str):
        return source
    if "dsn" in source:
        problems.append(Problem((*where, "dsn_file"), "`dsn` is there too; keep one of both"))
        return source
    try:
        return {**source, "dsn": (directory / file).read_text(encoding="utf-8").strip()}
    except OSError as error:
        problems.append(Problem((*where, "dsn_file"), f"`{file}` cannot be read: {error.strerror}"))
    except ValueError:
        problems.append(Problem((*where, "dsn_file"), f"`{file}` is not UTF-8 text"))
    return source
