from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobqueue_exporter import dsn
from jobqueue_exporter.errors import ConfigError

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
SEARCH = settings(deadline=None, database=None)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("postgres://u:p@h:5432/d?sslmode=require", "postgresql://u@h:5432/d"),
        ("postgres://h", "postgresql://h"),
        ("postgres://u:p@[::1]:5432/d", "postgresql://u@[::1]:5432/d"),
        ("postgres://u:p@h1:1,h2/d", "postgresql://u@h1:1,h2/d"),
        ("host=h1,h2 port=5 dbname=d", "postgresql://h1:5,h2:5/d"),
        ("host=/run/pg user=u dbname=d", "postgresql://u@/d?host=/run/pg"),
        ("host=/run/pg", "postgresql:///?host=/run/pg"),
        ("dbname=d", "postgresql:///d"),
        ("host=h user='me@corp' dbname='a/b'", "postgresql://me%40corp@h/a%2Fb"),
    ],
)
def test_the_public_form_says_where_and_as_whom(text: str, public: str) -> None:
    assert dsn.parse(text).public() == public


@SEARCH
@given(TEXT, TEXT, TEXT)
def test_what_is_percent_encoded_comes_back_as_it_was(user: str, password: str, dbname: str) -> None:
    text = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@h:5432/{quote(dbname, safe='')}"
    found = dsn.parse(text)
    assert (found.user, str(found.password), found.host, found.port, found.dbname) == (
        user,
        password,
        "h",
        "5432",
        dbname,
    )


@SEARCH
@given(TEXT, TEXT, TEXT)
def test_libpq_reads_the_same_from_what_is_encoded(user: str, password: str, dbname: str) -> None:
    text = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@h:5432/{quote(dbname, safe='')}"
    libpq = {name: value for name, value in psycopg.conninfo.conninfo_to_dict(text).items() if value}
    assert dsn.parse(text).conninfo() == libpq


@SEARCH
@given(TEXT.map(lambda text: text.replace("%", "")))
def test_a_password_that_nobody_encoded_comes_back_as_it_was(password: str) -> None:
    assert str(dsn.parse(f"postgresql://u:{password}@h.example:5432/d?sslmode=require").password) == password


@SEARCH
@given(TEXT, TEXT, TEXT, TEXT)
def test_nothing_that_is_shown_depends_on_the_password(user: str, password: str, other: str, dbname: str) -> None:
    def shown(secret: str) -> str:
        encoded = [quote(text, safe="") for text in (user, secret, dbname)]
        found = dsn.parse("postgresql://{}:{}@h/{}?sslpassword={}".format(*encoded, quote(secret, safe="")))
        return f"{found.public()} {found!r} {found.conninfo()!r}"

    assert shown(f"x{password}") == shown(f"x{other}")


@SEARCH
@given(st.text(max_size=60))
def test_any_text_after_the_scheme_is_refused_or_makes_keywords_that_libpq_takes(text: str) -> None:
    with suppress(ConfigError):
        psycopg.conninfo.make_conninfo("", **dsn.parse(f"postgresql://{text}").conninfo())


@pytest.mark.parametrize(
    "text",
    [
        "postgres://u:it's%20\\a%20%22b@h1:1,h2/d?sslmode=require&connect_timeout=3&application_name=a'b",
        "host=h user=u password='a b' dbname=d",
        "postgres://u@/d?host=/run/pg&options=endpoint%3Dx",
    ],
)
def test_libpq_takes_the_keywords_as_they_are_meant(text: str) -> None:
    found = dsn.parse(text)
    conninfo = psycopg.conninfo.make_conninfo("", **found.conninfo())
    assert psycopg.conninfo.conninfo_to_dict(conninfo) == found.conninfo()


def test_reading_a_dsn_loads_no_driver() -> None:
    code = "import sys, jobqueue_exporter.dsn as d; d.parse('postgres://h'); print('psycopg' in sys.modules)"
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"]
    assert subprocess.check_output(command, text=True) == "False\n"
