from __future__ import annotations

import pytest

from jobqueue_exporter import dsn
from jobqueue_exporter.errors import ConfigError


def parts(text: str) -> tuple[str, str, str, str, str]:
    found = dsn.parse(text)
    return found.user, str(found.password), found.host, found.port, found.dbname


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "POSTGRESQL",
        "postgresql+psycopg",
        "postgresql+psycopg2",
        "postgres+asyncpg",
        "pgsql",
        "postgis",
        "jdbc:postgresql",
    ],
)
def test_every_spelling_of_the_scheme_is_understood(scheme: str) -> None:
    assert parts(f"{scheme}://u:p@h:5432/d") == ("u", "p", "h", "5432", "d")


@pytest.mark.parametrize(
    ("password", "meant"),
    [
        ("p@ss", "p@ss"),
        ("@@", "@@"),
        ("p/ss", "p/ss"),
        ("/", "/"),
        ("p:ss", "p:ss"),
        ("p?ss", "p?ss"),
        ("p?a=b", "p?a=b"),
        ("p#ss", "p#ss"),
        ("p&ss=1", "p&ss=1"),
        ("12/34", "12/34"),
        ("12?34", "12?34"),
        ("12?a=b", "12?a=b"),
        ("a@b/c@d?e#f:g", "a@b/c@d?e#f:g"),
        ("a@b.example/c", "a@b.example/c"),
        ("[x]", "[x]"),
        ("a b", "a b"),
        ("a+b", "a+b"),
        ("pä€", "pä€"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("%%41", "%A"),
        ("%", "%"),
        ("50%off", "50%off"),
        ("%40%2F%3A", "@/:"),
        ("%40 and @", "@ and @"),
        ("%zz%40", "%zz@"),
        ("%C3%A4", "ä"),
        ("%c3", "%c3"),
        ("%ff%41", "%ff%41"),
        ("a%00b", "a%00b"),
        ("%2540", "%40"),
    ],
)
@pytest.mark.parametrize("rest", ["h", "h/d", "h:5432/d", "h:5432/d?sslmode=require&application_name=a@b"])
def test_a_password_is_taken_as_people_write_it(password: str, meant: str, rest: str) -> None:
    found = dsn.parse(f"postgresql://u:{password}@{rest}")
    assert (found.user, str(found.password), found.host) == ("u", meant, "h")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://h/d", ("", "", "h", "", "d")),
        ("postgres://u@h", ("u", "", "h", "", "")),
        ("postgres://", ("", "", "", "", "")),
        ("postgres:///d", ("", "", "", "", "d")),
        ("postgres://u:@h/d", ("u", "", "h", "", "d")),
        ("postgres://:p@h/d", ("", "p", "h", "", "d")),
        ("postgres://u%40corp:p@h/d", ("u@corp", "p", "h", "", "d")),
        ("postgres://h/my%20d%2F1", ("", "", "h", "", "my d/1")),
        ("postgres://h/d/e", ("", "", "h", "", "d/e")),
        ("postgres://my_service:5432/d", ("", "", "my_service", "5432", "d")),
        ("postgres://h:/d", ("", "", "h", "", "d")),
        ("postgres://[::1]/d", ("", "", "::1", "", "d")),
        ("postgres://u:p@[2001:db8::7]:5433/d", ("u", "p", "2001:db8::7", "5433", "d")),
        ("postgres://u:p@h1:5432,h2:5433/d", ("u", "p", "h1,h2", "5432,5433", "d")),
        ("postgres://u:p@h1,h2:5433/d", ("u", "p", "h1,h2", ",5433", "d")),
        ("postgres://u:p@h1,h2/d", ("u", "p", "h1,h2", "", "d")),
        ("postgres://%2Frun%2Fpostgresql/d", ("", "", "/run/postgresql", "", "d")),
        ("postgres://u:p@/d?host=/run/postgresql", ("u", "p", "/run/postgresql", "", "d")),
        ("postgres://h/d?user=u&password=p%26q&port=1", ("u", "p&q", "h", "1", "d")),
        ("postgres://h/d?user=me@corp", ("me@corp", "", "h", "", "d")),
        ("postgres://h/d?", ("", "", "h", "", "d")),
        (" 'postgres://u:p@h/d'\n", ("u", "p", "h", "", "d")),
        ('"postgres://u:p@h/d"', ("u", "p", "h", "", "d")),
    ],
)
def test_each_part_is_found_in_its_place(text: str, expected: tuple[str, ...]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mysql://root:hunter22@h/d", "mysql:// is not supported; only PostgreSQL is"),
        ("redis://:hunter22@h", "redis:// is not supported"),
        ("sqlite:///jobs.db", "sqlite:// is not supported"),
        ("prisma+postgres://h/?api_key=hunter22", "prisma:// is not supported"),
        ("hunter22 and more://h", "starts with no known scheme"),
        ("://hunter22@h", "starts with no known scheme"),
        ("postgres://u:hunter22@h:0/d", "the port in the connection string is not a number from 1 to 65535"),
        ("postgres://u:hunter22@h:65536/d", "the port in the connection string is not a number"),
        ("postgres://u:hunter22@h:54x2/d", "no host, port and database can be made out"),
        ("postgres://u:hunter22@h h/d", "no host, port and database can be made out"),
        ("postgres://u:hunter22@h/d?a b=c", "no host, port and database can be made out"),
        ("postgres://u:hunter22@h1,h2/d?port=1,2,3", "not as many ports as hosts"),
        ("postgres://u:hunter22@h/d\0", "NUL"),
        ("hunter22", "this is no connection string"),
        ("   ", "the connection string is empty"),
        ("''", "the connection string is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_without_quoting_it(text: str, why: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        dsn.parse(text)
    assert why in str(refusal.value)
    assert "hunter22" not in str(refusal.value)
