"""A fresh database in a throw-away server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from jobqueue_exporter.demo.postgres import Server


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database: where it is, and the superuser's autocommit connection to it."""

    name: str
    dsn: str
    connection: psycopg.Connection[tuple[Any, ...]]
    server: Server

    def dsn_of(self, user: str, password: str | None = None) -> str:
        """A URL to this database for another role."""
        return self.server.dsn(user=user, dbname=self.name, password=password)


@contextmanager
def fresh_database(server: Server) -> Iterator[Database]:
    """An empty database that is dropped afterwards, and with it every role made meanwhile."""
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(server.local_dsn(), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        with psycopg.connect(server.local_dsn(dbname=name), autocommit=True) as connection:
            yield Database(name, server.dsn(dbname=name), connection, server)
    finally:
        _drop(server, name)


def _drop(server: Server, name: str) -> None:
    server.start()
    with psycopg.connect(server.local_dsn(), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        # Objects that initdb made have smaller oids.
        for (role,) in admin.execute("SELECT rolname FROM pg_roles WHERE oid >= 16384").fetchall():
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
