"""Secrets that stand in a file of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jobqueue_exporter.config.document import Document
from jobqueue_exporter.config.nodes import Problem, Where


def resolved(document: Document, directory: Path) -> Document:
    """The document with the text of each `dsn_file` as the `dsn` of its source.

    Paths are relative to `directory`. A source must have one of both; else there is a problem.
    """
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
