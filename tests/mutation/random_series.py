"""Random series of the metrics in an expression, the same ones for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import promql_parser as promql

from jobqueue_exporter.bundle.language import LABELS
from tests.mutation import edits, levels
from tests.mutation.cases import Case, Series

LANES = {"source": ("shop", "mill"), "queue": ("jobs", "mail"), "kind": ("RENDER", "SEND")}
OWNERS = ("media",)
YES_OR_NO = re.compile(
    r"_(paused|available|pages|ok|up|active|success|capped|loss|state|check|budget)$|_signal_available$|^up$"
)
ALWAYS = re.compile(r"_info$")
OUTAGES = (3, 7, 15)
"""For how many minutes an exporter is gone: longer than half of the ranges that bridge it, or than all of it."""
COUNTER = re.compile(r"_(total|count|sum|bucket)$")


def case(seed: int, exprs: Sequence[str], minutes: int) -> Case:
    """A case with a series of each metric for a few lanes and two exporters, whose values are at thresholds or near."""
    dice = random.Random(seed)
    wanted = _metrics(exprs)
    lanes = dice.sample(list(product(*LANES.values())), dice.choice((1, 1, 1, 2, 3)))
    maker = _Maker(
        dice,
        levels.compared(exprs),
        base=dice.choice(levels.BASES),
        windows=_windows(exprs) or [10],
        minutes=minutes,
        jump=dice.randrange(minutes // 2),
        calm=dice.random() < 0.5,
        idle=dice.random() < 0.35,
        yes=dice.choice((0.3, 0.9, 0.9)),
    )
    series = [
        made
        for metric in sorted(wanted)
        for made in maker.of_metric(metric, wanted[metric])
        if any(_belongs(made["series"], lane) for lane in lanes)
    ]
    return {"name": f"seed {seed}", "interval": "1m", "input_series": series}


def _belongs(series: str, lane: Sequence[str]) -> bool:
    """Whether the series is of that lane, or of its source or queue as a whole."""
    labels = dict(re.findall(r'(\w+)="([^"]*)"', series))
    return all(labels.get(name, value) == value for name, value in zip(LANES, lane, strict=True))


@dataclass(frozen=True, slots=True)
class _Maker:
    """What all series of a case have in common: `jump` is the minute at which many things happen together, `calm`
    whether every series is there and every scrape succeeds, `idle` whether hardly anything is counted, `yes` how often
    the answer to something is yes."""

    dice: random.Random
    compared: Mapping[str, levels.Compared]
    base: float
    windows: Sequence[int]
    minutes: int
    jump: int
    calm: bool
    idle: bool
    yes: float

    def of_metric(self, metric: str, matched: Mapping[str, set[str]]) -> Iterator[Series]:
        """The series of a metric, for all values of its labels."""
        dice, names = self.dice, LABELS.get(metric, ())
        near = levels.around(self.compared.get(metric), self.base)
        twice = next((name for name in reversed(names) if name not in (*LANES, "owner", *matched)), None)
        for values in product(*(("a", "b") if name == twice else _values(name, matched) for name in names)):
            if not self.calm and dice.random() < 0.15:
                continue
            samples = self._samples(metric, near)
            for instance in ("a:10227", "b:10227")[: dice.choice((1, 1, 2))]:
                samples = self._samples(metric, near) if dice.random() < 0.2 else samples
                labels = dict(zip(names, values, strict=True)) | {"instance": instance, "job": "jobqueue"}
                inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
                yield {"series": f"{metric}{{{inner}}}", "values": " ".join(self._scraped(samples))}

    def _samples(self, metric: str, near: Sequence[float]) -> list[float]:
        if ALWAYS.search(metric):
            return [1.0] * (self.minutes + 1)
        if YES_OR_NO.search(metric):
            return self._yes_or_no(0.2 if metric.endswith("_paused") else self.yes)
        if COUNTER.search(metric):
            return self._counter(near)
        if "_timestamp_" in metric:
            return [60 * minute - age for minute, age in enumerate(self._age(near))]
        return self._age(near) if "_age_" in metric and self.dice.random() < 0.6 else self._gauge(near)

    def _yes_or_no(self, yes: float) -> list[float]:
        sure = self.dice.random() < yes
        flips = self.dice.random() < 0.2
        return [float(sure ^ (flips and self.dice.random() < 0.1)) for _ in range(self.minutes + 1)]

    def _counter(self, near: Sequence[float]) -> list[float]:
        """Stands still, grows all the time, or by jumps; by a number that matters within a range that is looked at."""
        dice = self.dice
        near = [each for each in near if each == int(each)]
        rise, window = dice.choice(near), dice.choice(self.windows)
        manner = dice.choice(("still", "steady", "steps", "jumps", "jumps", "jumps"))
        manner = "still" if self.idle and dice.random() < 0.9 else manner
        every = dice.choice((window // 2, window, window + 1, 2 * window, self.minutes)) or 1
        first = self.jump if dice.random() < 0.7 else dice.randrange(self.minutes)
        resets = dice.random() < 0.1
        value, found = float(dice.choice((0, 0, dice.randrange(100)))), []
        for minute in range(self.minutes + 1):
            if manner == "jumps" and minute >= first and (minute - first) % every == 0:
                value += rise
                rise = dice.choice((rise, rise, dice.choice(near)))
            elif manner == "steady" and minute:
                value += rise / window
            elif manner == "steps" and minute:
                value += round(rise / window) or 1
            value = 0.0 if resets and dice.random() < 0.02 else value
            found.append(value)
        return found

    def _age(self, near: Sequence[float]) -> list[float]:
        """Grows with the clock, through a number that matters, until what is old goes away."""
        dice = self.dice
        at = dice.randrange(self.minutes)
        value, found = dice.choice(near) - 60 * at, []
        goes = dice.choice((0.0, 0.0, 0.02))
        for _ in range(self.minutes + 1):
            found.append(value if value >= 0 else value % 60)
            value = float(dice.randrange(60)) if value >= 0 and dice.random() < goes else value + 60
        return found

    def _gauge(self, near: Sequence[float]) -> list[float]:
        """Stays at a number that matters, and goes to another now and then."""
        dice = self.dice
        restless = dice.choice((0.0, 0.0, 0.03, 0.3))
        value, found = dice.choice((0.0, *dice.sample(near, min(3, len(near))))), []
        for minute in range(self.minutes + 1):
            if dice.random() < restless or (minute == self.jump and restless):
                value = dice.choice(near)
            found.append(value)
        return found

    def _scraped(self, samples: Sequence[float]) -> Iterator[str]:
        """What an exporter tells of it: some scrapes fail, some exporters come later or are gone for a while."""
        dice = self.dice
        fails = 0.0 if self.calm else dice.choice((0.0, 0.0, 0.05))
        first = 0 if self.calm else dice.choice((0, 0, 0, dice.randrange(len(samples))))
        gone = dice.randrange(len(samples))
        back = gone + (0 if self.calm else dice.choice((0, 0, *OUTAGES)))
        for index, value in enumerate(samples):
            if index < first:
                yield "_"
            else:
                yield "stale" if gone <= index < back or dice.random() < fails else f"{value:.15g}"


def _values(label: str, matched: Mapping[str, set[str]]) -> Sequence[str]:
    """The values of a label: of lanes always the same, else those asked for and another."""
    if label in LANES:
        return LANES[label]
    known = OWNERS if label == "owner" else ()
    return sorted({*known, *matched.get(label, ())}) or ("a",)


def _metrics(exprs: Sequence[str]) -> dict[str, dict[str, set[str]]]:
    """Each metric with the labels that are asked for, and for each the values asked for and another."""
    found: dict[str, dict[str, set[str]]] = {}
    for node in (node for expr in exprs for node in edits.nodes(promql.parse(expr))):
        if isinstance(node, promql.VectorSelector) and node.name:
            labels = found.setdefault(node.name, {})
            for matcher in node.matchers.matchers:
                labels.setdefault(matcher.name, {"another"}).update(matcher.value.split("|"))
    return found


def _windows(exprs: Sequence[str]) -> list[int]:
    """The ranges that counters are looked at over, in minutes."""
    nodes = (node for expr in exprs for node in edits.nodes(promql.parse(expr)))
    ranges = [
        (node.vector_selector.name or "", node.range) for node in nodes if isinstance(node, promql.MatrixSelector)
    ]
    return sorted({int(span.total_seconds() / 60) for name, span in ranges if COUNTER.search(name)})
