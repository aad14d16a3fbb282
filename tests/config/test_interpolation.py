from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Config
from tests.config.conftest import Problems, Read

ONE = "sources: [{{name: a, dsn: {dsn}}}]"
NASTY = [
    "p#w",
    "p: w",
    '"',
    "'",
    "a\nb",
    "- x",
    "{",
    "*",
    "&a",
    "!t",
    "%",
    "|",
    "${X}",
    "$$",
    "ä€😀",
    "\\n",
    "null",
    "5",
]


def dsn_of(config: Config) -> str:
    return str(config.sources[0].dsn)


@pytest.mark.parametrize("password", NASTY)
@pytest.mark.parametrize("form", ["'host=h password=''${P}'''", "\"host=h password='${P}'\""])
def test_no_password_can_change_what_the_file_says(read: Read, password: str, form: str) -> None:
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    assert dsn_of(read(ONE.format(dsn=form), P=escaped)) == f"host=h password='{escaped}'"


@pytest.mark.parametrize(
    ("written", "environ", "meant"),
    [
        ("host=${H}", {"H": "x"}, "host=x"),
        ("host=${H:-y}", {"H": "x"}, "host=x"),
        ("host=${H:-y}", {}, "host=y"),
        ("host=${H:-y}", {"H": ""}, "host=y"),
        ("host=${H:-}", {}, "host="),
        ("host=${H}", {"H": ""}, "host="),
        ("host=${H}-${I}", {"H": "x", "I": "y"}, "host=x-y"),
        ("host=$${H}", {"H": "x"}, "host=${H}"),
        ("host=$H$", {"H": "x"}, "host=$H$"),
        ("host=$$$$", {}, "host=$$"),
    ],
)
def test_references_are_replaced(read: Read, written: str, environ: dict[str, str], meant: str) -> None:
    assert dsn_of(read(ONE.format(dsn=f"'{written}'"), **environ)) == meant


def test_a_variable_may_stand_for_a_number_or_a_truth_value(read: Read) -> None:
    config = read(
        "server: {reload: '${YES}'}\n"
        "sources: [{name: '${ONE}', dsn: host=h, count_cap: '${ONE}', budget: '${PART}', timeout: '${ONE}',\n"
        "  lease: '${MINUTES}', table: '${YES}', events: '${NO}', states: {waiting: ['${ONE}', '${YES}']}}]",
        ONE="1",
        PART="0.5",
        MINUTES="2m",
        YES="true",
        NO="false",
    )
    source = config.sources[0]
    assert config.server.reload is True
    assert (source.name, source.count_cap, source.budget) == ("1", 1, 0.5)
    assert (float(source.timeout), float(source.lease)) == (1, 120)
    assert (source.table, source.events) == ("true", False)
    assert source.states is not None
    assert source.states.waiting == ("1", "true")


def test_every_unset_variable_is_named_once_and_nothing_else_is_said_of_its_value(problems: Problems) -> None:
    text = "sources:\n  - name: ${NAME}\n    dsn: ${URL}\n    count_cap: ${CAP}\nqueues:\n  - match: {source: shop}\n"
    way_out = "set it, put it into .env, or give a default"
    assert problems(text) == [
        f"jobqueue.yml:{line}: sources[0].{key}: the environment variable `{name}` is not set; "
        f"{way_out}: ${{{name}:-…}}"
        for line, key, name in [(2, "name", "NAME"), (3, "dsn", "URL"), (4, "count_cap", "CAP")]
    ]


@pytest.mark.parametrize("written", ["${", "${}", "${1}", "${A B}", "${A:b}", "${A-b}"])
def test_a_broken_reference_is_a_problem(problems: Problems, written: str) -> None:
    assert problems(ONE.format(dsn=f"'{written}'"), A="x") == [
        "jobqueue.yml:1: sources[0].dsn: `${` needs a name and `}`, as in ${DATABASE_URL}; a literal one is `$${`"
    ]


def test_what_a_variable_holds_is_never_shown(problems: Problems) -> None:
    found = problems("sources: [{name: a, dsn: host=h, count_cap: '${CAP}'}]", CAP="hunter22")
    assert found == [
        "jobqueue.yml:1: sources[0].count_cap: expected a whole number, 1 or more, got what `${CAP}` stands for"
    ]
