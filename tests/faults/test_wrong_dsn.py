"""Connection strings that are wrong in themselves: refused at once, with the reason and without the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.exporter import configured, run

PASSWORD = "S3cretPassw0rd"
COMMANDS = ["serve", "once", "check-config", "doctor", "init", "sql"]
WRONG = {
    "mysql://me:{}@db/shop": "mysql:// is not supported; only PostgreSQL is",
    "redis://:{}@db:6379/0": "redis:// is not supported",
    "https://me:{}@db/shop": "https:// is not supported",
    "postgresql://me:{}@db:port/shop": "no host, port and database can be made out",
    "postgresql://me:{}@db:99999/shop": "the port in the connection string is not a number from 1 to 65535",
    "postgresql://me:{}@a,b:1,2,3/shop": "",
    "postgresql://me:{}@db/shop?sslmode=sometimes": "`sslmode` in the connection string is none of disable, allow",
    "host=db password='{}": "setting number 2 of the connection string is broken",
    "host=db password={} dbname": "setting number 3 of the connection string is broken",
    "dbname=postgresql://me:{}@db/shop": "a part of the connection string is itself a URL; give that alone",
    "me:{}@db/shop": "this is no connection string; expected postgresql://user:password@host:5432/database",
    "{}": "this is no connection string",
}
