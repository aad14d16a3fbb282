"""Many jobs written out, a line each, with the memory of one."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import BinaryIO

from jobqueue_exporter.errors import ConfigError, JobQueueError
from jobqueue_exporter.masking import block, escaped

Record = Mapping[str, str | int | float | bool | None]

# In JSON they stand between values only.
_ONE_LINE = {ord(blank): " " for blank in "\t\r\n"}
_FORMULA = ("=", "+", "-", "@")


def csv_lines(columns: Iterable[str], records: Iterable[Record]) -> Iterator[str]:
    """CSV as RFC 4180 has it, with a header. No cell begins like a formula: one that would gets a ' before it."""
    names = tuple(columns)
    yield _csv(names)
    for record in records:
        yield _csv([_cell(record.get(name)) for name in names])


def json_lines(records: Iterable[Record], *, nested: str) -> Iterator[str]:
    """A JSON object a line, in printable characters only. The value under `nested` is JSON itself where it can be
    read as such, and a string where not."""
    for record in records:
        plain = {name: value for name, value in record.items() if name != nested}
        text = json.dumps(plain, ensure_ascii=False)
        if nested in record:
            text = f"{text[:-1]}, {json.dumps(nested)}: {_json(str(record[nested] or ''))}}}"
        yield escaped(text.translate(_ONE_LINE)) + "\n"


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, for its owner only, that bears its name only once all of it is there.

    Raises:
        ConfigError: no file can be made there.
        JobQueueError: it cannot be written.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise ConfigError(f"{path}: is no file; leave it out to write to stdout")
    part = None
    try:
        number, part = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(target)
    except OSError as error:
        told = ConfigError if part is None else JobQueueError
        raise told(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        if part is not None:
            with suppress(OSError):
                Path(part).unlink(missing_ok=True)


def _csv(cells: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _cell(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = block(value, len(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _json(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps(text, ensure_ascii=False) if text else "null"
    return text
