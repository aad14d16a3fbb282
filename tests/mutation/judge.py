"""Whether the promtool cases notice a mutant."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from tests.mutation import cases
from tests.mutation.cases import File
from tests.mutation.mutants import Mutant, Rule

TOGETHER = 4
"""How many cases promtool is given at once: few, so that a mutant that dies early costs little."""
STARTING = 400.0
"""What it costs to start promtool, in the measure of `cases.work`."""
LONGEST = 300
"""After how many seconds promtool is given up."""


@dataclass(slots=True)
class _Part:
    """Some of the cases of an alert, as promtool reads them, and how many mutants they killed; `sound`: whether they
    pass on the rules as they are, None while nobody asked."""

    text: str
    work: float
    killed: int = 0
    sound: bool | None = None

    @property
    def price(self) -> float:
        """What a kill by these cases costs, as far as that is known."""
        return (STARTING + self.work) / (1 + self.killed)


class Judge:
    """Runs cases, of a topic or of all, on mutants of the rules."""

    def __init__(self, promtool: Path, files: Sequence[File], rules: Sequence[Rule]) -> None:
        self._promtool = promtool
        self._rules = rules
        self._parts = {rule["alert"]: list(_parts(rule["alert"], files)) for rule in rules}

    def kills(self, mutant: Mutant) -> bool:
        """Whether at least one case fails on the mutant, and not on the rules as they are; cheap ones are asked first,
        and those that killed often."""
        asked = [(part, name, rules) for name, rules in mutant.rules.items() for part in self._parts[name]]
        for part, name, rules in sorted(asked, key=lambda each: each[0].price):
            if not passes(self._promtool, part.text, rules) and self._is_sound(part, name):
                part.killed += 1
                return True
        return False

    @cached_property
    def unproven(self) -> list[str]:
        """The alerts whose cases fail on the rules as they are, or that have none: nothing can be said of them."""
        return [
            name
            for name, parts in self._parts.items()
            if not parts or not all(self._is_sound(part, name) for part in parts)
        ]

    def _is_sound(self, part: _Part, name: str) -> bool:
        if part.sound is None:
            part.sound = passes(self._promtool, part.text, [rule for rule in self._rules if rule["alert"] == name])
        return part.sound


def _parts(name: str, files: Sequence[File]) -> Iterator[_Part]:
    for file in cases.about(name, files):
        tests = file["tests"]
        for first in range(0, len(tests), TOGETHER):
            some = tests[first : first + TOGETHER]
            yield _Part(written({**file, "tests": some}), sum(map(cases.work, some)))


def passes(promtool: Path, file: str, rules: Sequence[Rule]) -> bool:
    """Whether these rules pass all cases of a file; rules that Prometheus refuses do not."""
    return _ran(promtool, file, rules).returncode == 0


def said(promtool: Path, file: str, rules: Sequence[Mapping[str, object]]) -> str:
    """What promtool prints of the cases that fail."""
    return _ran(promtool, file, rules).stderr


def _ran(promtool: Path, file: str, rules: Sequence[Mapping[str, object]]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        place = Path(folder)
        groups = {"groups": [{"name": "mutant", "rules": list(rules)}]}
        (place / "rules.yml").write_text(_dumped(groups), encoding="utf-8")
        (place / "cases.yml").write_text(file, encoding="utf-8")
        command: list[str | Path] = [promtool, "test", "rules", place / "cases.yml"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)


def written(file: File) -> str:
    """The file as promtool reads it, with the rules beside it."""
    return _dumped({**file, "rule_files": ["rules.yml"]})


def _dumped(content: object) -> str:
    return yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False)
