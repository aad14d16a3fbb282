"""Whether the promtool cases notice a mutant."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from tests.mutation import cases
from tests.mutation.cases import File
from tests.mutation.mutants import Mutant, Rule

TOGETHER = 4
"""How many cases promtool is given at once: few, so that a mutant that dies early costs little."""
LONGEST = 300
"""After how many seconds promtool is given up."""


@dataclass(slots=True)
class _Part:
    """Some of the cases of an alert, as promtool reads them, and how many mutants they killed."""

    text: str
    killed: int = 0


class Judge:
    """Runs the cases of a topic on mutants of its rules."""

    def __init__(self, promtool: Path, files: Sequence[File], rules: Sequence[Rule]) -> None:
        self._promtool = promtool
        self._rules = rules
        self._parts = {rule["alert"]: list(_parts(rule["alert"], files)) for rule in rules}

    def kills(self, mutant: Mutant) -> bool:
        """Whether at least one case fails on the mutant."""
        return any(self._fails(name, rules) for name, rules in mutant.rules.items())

    @cached_property
    def unproven(self) -> list[str]:
        """The alerts whose cases fail on the rules as they are, or that have none: nothing can be said of them."""
        return [name for name, parts in self._parts.items() if not parts or self._fails(name, self._unchanged(name))]

    def _unchanged(self, name: str) -> list[Rule]:
        return [rule for rule in self._rules if rule["alert"] == name]

    def _fails(self, name: str, rules: Sequence[Rule]) -> bool:
        """Whether some part fails; those that killed most are asked first, as the rest need not be asked then."""
        for part in sorted(self._parts[name], key=lambda each: -each.killed):
            if not passes(self._promtool, part.text, rules):
                part.killed += 1
                return True
        return False


def _parts(name: str, files: Sequence[File]) -> Iterator[_Part]:
    for file in cases.about(name, files):
        tests = file["tests"]
        for first in range(0, len(tests), TOGETHER):
            yield _Part(written({**file, "tests": tests[first : first + TOGETHER]}))


def passes(promtool: Path, file: str, rules: Sequence[Rule]) -> bool:
    """Whether these rules pass all cases of a file; rules that Prometheus refuses do not."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        place = Path(folder)
        groups = {"groups": [{"name": "mutant", "rules": list(rules)}]}
        (place / "rules.yml").write_text(_dumped(groups), encoding="utf-8")
        (place / "cases.yml").write_text(file, encoding="utf-8")
        command: list[str | Path] = [promtool, "test", "rules", place / "cases.yml"]
        return subprocess.run(command, capture_output=True, check=False, timeout=LONGEST).returncode == 0


def written(file: File) -> str:
    """The file as promtool reads it, with the rules beside it."""
    return _dumped({**file, "rule_files": ["rules.yml"]})


def _dumped(content: object) -> str:
    return yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False)
