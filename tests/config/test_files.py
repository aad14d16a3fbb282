from __future__ import annotations

from jobqueue_exporter.config.load import load
from tests.config.conftest import Problems, Write


def test_a_connection_string_may_stand_in_a_file_beside_the_configuration(write: Write) -> None:
    path = write("sources: [{name: a, dsn_file: secrets/dsn}]")
    (path.parent / "secrets").mkdir()
    (path.parent / "secrets" / "dsn").write_text("postgres://u:p@h/d\n")
    assert str(load(path, {}).sources[0].dsn) == "postgres://u:p@h/d"


def test_the_file_is_read_again_at_each_load(write: Write) -> None:
    path = write("sources: [{name: a, dsn_file: '${WHERE}'}]")
    file = path.parent / "dsn"
    for text in ("host=old", "host=new"):
        file.write_text(text)
        assert str(load(path, {"WHERE": str(file)}).sources[0].dsn) == text


def test_one_of_both_is_needed_and_one_only(problems: Problems) -> None:
    text = "sources:\n  - name: a\n  - {name: b, dsn: host=h, dsn_file: x}\n"
    assert problems(text) == [
        "jobqueue.yml:2: sources[0]: the key `dsn` is missing (or `dsn_file`, a file that holds it)",
        "jobqueue.yml:3: sources[1].dsn_file: `dsn` is there too; keep one of both",
    ]


def test_a_file_that_gives_no_connection_string_is_told_by_its_key(problems: Problems, write: Write) -> None:
    directory = write("").parent
    (directory / "empty").write_text("\n")
    (directory / "wrong").write_text("mysql://u:hunter22@h/d")
    (directory / "binary").write_bytes(b"\xff\xfe")
    names = ("empty", "wrong", "binary", "missing", ".")
    lines = "".join(f"  - {{name: s{index}, dsn_file: {name}}}\n" for index, name in enumerate(names))
    told = [
        "the address is empty; expected postgresql://user:password@host:5432/database (or host=… dbname=…), "
        "redis://host:6379/0 or https://host",
        "mysql:// is not supported; postgresql://, redis://, rediss://, http:// and https:// are",
        "`binary` is not UTF-8 text",
        "`missing` cannot be read: No such file or directory",
        "`.` cannot be read: Is a directory",
    ]
    assert problems(f"sources:\n{lines}") == [
        f"jobqueue.yml:{index + 2}: sources[{index}].dsn_file: {text}" for index, text in enumerate(told)
    ]
