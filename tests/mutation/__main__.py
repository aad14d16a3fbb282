"""Changes each alert rule a little, and prints the changes that no promtool case notices: python -m tests.mutation."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.mutation import cases, equivalence, mutants
from tests.mutation.judge import Judge
from tests.mutation.mutants import SHARED, Mutant

ACCEPTED = Path(__file__).with_name("accepted.yaml")
WORDS = "shared"
"""In place of a topic: the text that words of the language write, in all topics."""


@dataclass(frozen=True, slots=True)
class Count:
    """What became of the mutants of a topic."""

    topic: str
    mutants: int
    equivalent: Sequence[Mutant]
    accepted: Sequence[Mutant]
    survived: Sequence[Mutant]
    unproven: Sequence[str]

    def line(self) -> str:
        """The row of the table."""
        killed = self.mutants - len(self.equivalent) - len(self.accepted) - len(self.survived)
        numbers = (self.mutants, killed, len(self.equivalent), len(self.accepted), len(self.survived))
        return f"{self.topic:<18}" + "".join(f"{number:>11}" for number in numbers)


def main() -> int:
    """0 when every mutant dies, is equivalent or is accepted with a reason; 1 when a case is missing."""
    wanted = _arguments()
    promtool = shutil.which("promtool", path=str(cases.ROOT / ".tools" / "bin")) or shutil.which("promtool")
    if not promtool:
        sys.exit("needs promtool: run `make tools`")
    counts = []
    for topic in [wanted.topic] if wanted.topic else [*cases.topics(), *([] if wanted.alert else [WORDS])]:
        if topic == WORDS:
            counts.append(_counted_words(Path(promtool), wanted.jobs))
        else:
            counts.append(_counted(topic, wanted.alert, Path(promtool), wanted.jobs))
        _print(counts[-1])
    print(f"{'':<18}" + "".join(f"{word:>11}" for word in ("mutants", "killed", "equivalent", "accepted", "survived")))
    for count in counts:
        print(count.line())
    return int(any(count.survived or count.unproven for count in counts))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--topic", choices=[*cases.topics(), WORDS], help=f"just this topic; {WORDS}: just shared text")
    parser.add_argument("--alert", help="just this alert, without shared text")
    parser.add_argument("--jobs", type=int, default=2, help="how many promtool run side by side (2)")
    return parser.parse_args()


def _counted(topic: str, alert: str | None, promtool: Path, jobs: int) -> Count:
    rules = [rule for rule in cases.rules(topic) if alert in (None, rule["alert"])]
    judge = Judge(promtool, cases.files(topic), rules)
    every = mutants.of_alerts(rules)
    plain = [mutant for mutant in every if equivalence.is_plain(mutant, rules)]
    with ThreadPoolExecutor(jobs) as pool:
        alive = _alive(topic, [mutant for mutant in every if mutant not in plain], judge, pool)
        same = pool.map(lambda mutant: equivalence.holds(promtool, mutant, rules), alive)
        equivalent = plain + [mutant for mutant, alike in zip(alive, same, strict=True) if alike]
    return _count(topic, every, alive, equivalent, judge.unproven)


def _counted_words(promtool: Path, jobs: int) -> Count:
    """Shared text has no cases of its own: any case of any topic may notice."""
    rules = [rule for topic in cases.topics() for rule in cases.rules(topic)]
    judge = Judge(promtool, [file for topic in cases.topics() for file in cases.files(topic)], rules)
    every = mutants.of_words(rules)
    plain = [mutant for mutant in every if equivalence.is_plain(mutant, rules)]
    with ThreadPoolExecutor(jobs) as pool:
        alive = _alive(SHARED, [mutant for mutant in every if mutant not in plain], judge, pool)
    return _count(SHARED, every, alive, plain, [])


def _alive(topic: str, every: Sequence[Mutant], judge: Judge, pool: ThreadPoolExecutor) -> list[Mutant]:
    alive = []
    for mutant, dead in zip(every, pool.map(judge.kills, every), strict=True):
        if not dead:
            alive.append(mutant)
            _progress(f"  {mutant.alert}: {mutant.what}")
    _progress(f"{topic}: {len(alive)} of {len(every)} mutants are not noticed")
    return alive


def _count(
    topic: str, every: Sequence[Mutant], alive: Sequence[Mutant], equivalent: Sequence[Mutant], unproven: Sequence[str]
) -> Count:
    accepted = _accepted()
    rest = [mutant for mutant in alive if mutant not in equivalent]
    known = [mutant for mutant in rest if (topic, mutant.alert, mutant.what) in accepted]
    return Count(topic, len(every), equivalent, known, [each for each in rest if each not in known], unproven)


def _accepted() -> set[tuple[str, str, str]]:
    """Survivors that no case can kill, each with the reason, which must be there."""
    listed = yaml.safe_load(ACCEPTED.read_text(encoding="utf-8")) or []
    return {(each["topic"], each["alert"], each["change"]) for each in listed if each["reason"]}


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(count: Count) -> None:
    for name in count.unproven:
        print(f"{count.topic}: {name}: its cases fail on the rule as it is, or there are none")
    for mutant in count.survived:
        print(f"{count.topic}: missing test: {mutant.alert}: {mutant.what}")
    for mutant in count.equivalent:
        print(f"{count.topic}: equivalent: {mutant.alert}: {mutant.what}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
