"""`jobqueue serve`: answer Prometheus' scrapes."""

from __future__ import annotations

import os
from pathlib import Path

import click

from jobqueue_exporter.config.types import Config

EXAMPLES = """\b
Examples:
  jobqueue serve                           what jobqueue.yml names, on :10227
  DATABASE_URL=postgresql://... jobqueue serve
  jobqueue serve --web.listen-address=127.0.0.1:9999 --web.config.file=web.yml
"""


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml.")
@click.option("--web.listen-address", "listen", metavar="HOST:PORT", help="Where to listen, instead of server.listen.")
@click.option(
    "--web.config.file",
    "web_config",
    type=click.Path(path_type=Path),
    help="TLS, users and headers, as Prometheus' own exporters have them.",
)
def serve(*, path: Path | None, listen: str | None, web_config: Path | None) -> None:
    """Answer Prometheus' scrapes on /metrics, until SIGTERM or SIGINT.

    SIGHUP reads the configuration again; a bad one leaves the old one in force. With REDIS_URL alone, the
    keys of that database are looked through for queues now and then, in small steps.
    """
    from jobqueue_exporter.config.load import load
    from jobqueue_exporter.web import listening, serving

    if listen is not None:
        listening.parse(listen)

    def read() -> Config:
        return load(path, os.environ)

    serving.run(read(), reload=read, listen=listen, web_config=web_config)
