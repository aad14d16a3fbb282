"""One reading of the sources that a command is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobqueue_exporter.config.types import Config, Source
    from jobqueue_exporter.engines.protocol import Reader
    from jobqueue_exporter.model import Snapshot


def snapshots(
    config: Config, names: Sequence[str], readers: Callable[[Source], Reader] | None = None
) -> tuple[Snapshot, ...]:
    """What a scrape would read now of these sources, or of all; flows are left out.

    With `readers`, by others than the engines' own. Raises ConfigError when a name is not that of a source.
    """
    from jobqueue_exporter import engines
    from jobqueue_exporter.collect import Collection

    collection = Collection(config, readers or engines.reader, flows=False)
    try:
        return collection.read(tuple(dict.fromkeys(names)) or None)
    finally:
        collection.close()
