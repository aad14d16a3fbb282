from __future__ import annotations

import psycopg
import pytest

from jobqueue_exporter import dsn
from jobqueue_exporter.errors import ConfigError


@pytest.mark.parametrize(
    "text",
    [
        "host=h dbname=d",
        "  host = h\n dbname\t=\td  ",
        r"user=u password='it\'s \\ here'",
        r"password=a\ b user=u",
        "password=p@ss/w?rd#1'x user=u",
        "password=a://b user=u",
        "password='' user=u",
        "password= user=u",
        "host=h host=g",
        "host=h1,h2 port=5432,5433",
        "host=h1,h2 port=5432",
        "host=/run/postgresql sslmode=disable",
        "user=ü password='ä €'",
    ],
)
def test_the_keyword_form_says_what_it_says_to_libpq(text: str) -> None:
    libpq = {name: value for name, value in psycopg.conninfo.conninfo_to_dict(text).items() if value}
    assert dsn.parse(text).conninfo() == libpq


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("host=h password=hunter22 and more", "setting number 3 of the connection string is broken"),
        ("host=h password='hunter22", "setting number 2 of the connection string is broken"),
        ("host=h password='hunter22'x", "setting number 2 of the connection string is broken"),
        ("host=h port=hunter22", "the port in the connection string is not a number"),
        ("host=h dbname=postgres://u:hunter22@h/d", "itself a URL"),
    ],
)
def test_what_cannot_be_read_is_refused_without_quoting_it(text: str, why: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        dsn.parse(text)
    assert why in str(refusal.value)
    assert "hunter22" not in str(refusal.value)
