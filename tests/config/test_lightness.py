from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = ("jsonschema", "psycopg", "click", "rich", "starlette", "prometheus_client", "yaml", "jinja2")


def test_a_configuration_without_problems_loads_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "jobqueue.yml"
    path.write_text("sources: [{name: a, dsn: 'postgres://h/d', timeout: 5s, count_cap: '${CAP}'}]")
    assert loaded(path, "") == set()


def test_only_problems_of_shape_load_jsonschema(tmp_path: Path) -> None:
    path = tmp_path / "jobqueue.yml"
    path.write_text("sources: [{name: a, dsn: 'postgres://h/d', tabel: jobs}]")
    assert loaded(path, "except Exception: pass") == {"jsonschema"}


def loaded(path: Path, otherwise: str) -> set[str]:
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from jobqueue_exporter.config.load import load
try:
    load(Path({str(path)!r}), {{"CAP": "5"}})
{otherwise or "finally: pass"}
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
