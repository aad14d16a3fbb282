"""The list of sources as Prometheus' HTTP service discovery wants it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_MAX_PORT = 65_535


def targets(names: Sequence[str], base_url: str) -> list[dict[str, object]]:
    """A target for each source: /probe at `base_url`, told apart by `instance`.

    `instance` names the exporter too, so that two of them that read the same sources do not clash.
    """
    url = urlsplit(base_url)
    address = url.netloc.rpartition("@")[2]
    if url.port is None:
        address = f"{address.removesuffix(':')}:{_PORTS.get(url.scheme, 80)}"
    return [
        {
            "targets": [address],
            "labels": {
                "__scheme__": url.scheme,
                "__metrics_path__": f"{url.path.rstrip('/')}/probe",
                "__param_source": name,
                "instance": f"{address}/{name}",
            },
        }
        for name in names
    ]


def reached(scheme: str, host: str | None, server: tuple[str, int]) -> str:
    """The URL by which a client reached us: by its Host header, or by our own address if that is no host."""
    found = _HOST.fullmatch(host or "")
    if found and int(found[1] or 0) <= _MAX_PORT:
        return f"{scheme}://{host}"
    name, port = server
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"
