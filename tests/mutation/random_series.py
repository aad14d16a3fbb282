"""Random series of the metrics in an expression, the same ones for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import product

import promql_parser as promql

from jobqueue_exporter.bundle.language import LABELS
from tests.mutation import edits
from tests.mutation.cases import Case, Series

LANES = {"source": ("shop", "mill"), "queue": ("jobs", "mail"), "kind": ("RENDER", "SEND"), "owner": ("media",)}
YES_OR_NO = re.compile(
    r"_(paused|available|pages|ok|up|active|success|capped|loss|state|check)$|_signal_available$|^up$"
)
ALWAYS = re.compile(r"_info$")


def case(seed: int, exprs: Sequence[str], minutes: int) -> Case:
    """A case with a series of each metric for a few lanes and two exporters, whose values walk about the thresholds."""
    dice = random.Random(seed)
    numbers = sorted({value for expr in exprs for value in _numbers(expr)} | {0.0, 1.0, 5.0})
    wanted = _metrics(exprs)
    lanes = dice.sample(list(product(*LANES.values())), 3)
    series = [
        made
        for metric in sorted(wanted)
        for made in _of_metric(dice, metric, wanted[metric], numbers, minutes)
        if any(_belongs(made["series"], lane) for lane in lanes)
    ]
    return {"name": f"seed {seed}", "interval": "1m", "input_series": series}


def _belongs(series: str, lane: Sequence[str]) -> bool:
    """Whether the series is of that lane, or of its source or queue as a whole."""
    labels = dict(re.findall(r'(\w+)="([^"]*)"', series))
    return all(labels.get(name, value) == value for name, value in zip(LANES, lane, strict=True))


def _of_metric(
    dice: random.Random, metric: str, matched: dict[str, set[str]], numbers: Sequence[float], minutes: int
) -> Iterator[Series]:
    names = LABELS.get(metric, ())
    choices = [
        sorted(matched[name]) if name in matched and name not in LANES else LANES.get(name, ("a",)) for name in names
    ]
    for values in product(*choices):
        if dice.random() < 0.15:
            continue
        sure = dice.choice((0, 1, 1, 1))
        samples = _samples(dice, metric, numbers, minutes, sure)
        for instance in ("a:10227", "b:10227")[: dice.choice((1, 1, 2))]:
            labels = dict(zip(names, values, strict=True)) | {"instance": instance, "job": "jobqueue"}
            inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
            yield {"series": f"{metric}{{{inner}}}", "values": " ".join(_scraped(dice, samples))}


def _samples(dice: random.Random, metric: str, numbers: Sequence[float], minutes: int, sure: int) -> list[float]:
    if ALWAYS.search(metric):
        return [1.0] * (minutes + 1)
    if YES_OR_NO.search(metric):
        flips = dice.random() < 0.2
        return [float(sure ^ (flips and dice.random() < 0.1)) for _ in range(minutes + 1)]
    if metric.endswith(("_total", "_count", "_sum", "_bucket")):
        return _counter(dice, numbers, minutes)
    if "_age_" in metric:
        return _age(dice, numbers, minutes)
    return _walk(dice, numbers, minutes)


def _counter(dice: random.Random, numbers: Sequence[float], minutes: int) -> list[float]:
    """Grows by steps, stands still for a while, or starts again from zero."""
    value, found = float(dice.randrange(100)), []
    most = dice.choice((0, 0, 1, 1, 3, *(max(1, round(each)) for each in numbers)))
    for _ in range(minutes + 1):
        value = 0.0 if dice.random() < 0.01 else value + dice.randint(0, most)
        most = dice.choice((0, 1, most, most)) if dice.random() < 0.05 else most
        found.append(value)
    return found


def _age(dice: random.Random, numbers: Sequence[float], minutes: int) -> list[float]:
    """Grows with the clock until what is old goes away."""
    value, found = dice.choice(numbers), []
    goes = dice.choice((0.0, 0.02, 0.2))
    for _ in range(minutes + 1):
        value = float(dice.randrange(60)) if dice.random() < goes else value + 60
        found.append(value)
    return found


def _walk(dice: random.Random, numbers: Sequence[float], minutes: int) -> list[float]:
    """Stays, walks by small steps, or jumps to a threshold or next to it."""
    restless = dice.choice((0.0, 0.05, 0.3))
    value, found = dice.choice(numbers) + dice.choice((-1, 0, 1)), []
    for _ in range(minutes + 1):
        if dice.random() < restless:
            near = dice.choice(numbers) * dice.choice((0.5, 1, 1, 2)) + dice.choice((-1, 0, 1))
            value = dice.choice((value - 1, value + 1, near))
        found.append(max(0.0, value))
    return found


def _scraped(dice: random.Random, samples: Sequence[float]) -> Iterator[str]:
    """What an exporter tells of it: some scrapes fail, some exporters come later or are gone for a while."""
    fails = dice.choice((0.0, 0.0, 0.05))
    first = dice.choice((0, 0, 0, dice.randrange(len(samples))))
    for index, value in enumerate(samples):
        if index < first:
            yield "_"
        else:
            yield "stale" if dice.random() < fails else f"{value:.15g}"


def _metrics(exprs: Sequence[str]) -> dict[str, dict[str, set[str]]]:
    """Each metric with the labels that are asked for, and for each the values asked for and another."""
    found: dict[str, dict[str, set[str]]] = {}
    for node in (node for expr in exprs for node in edits.nodes(promql.parse(expr))):
        if isinstance(node, promql.VectorSelector) and node.name:
            labels = found.setdefault(node.name, {})
            for matcher in node.matchers.matchers:
                labels.setdefault(matcher.name, {"another"}).update(matcher.value.split("|"))
    return found


def _numbers(expr: str) -> list[float]:
    return [node.val for node in edits.nodes(promql.parse(expr)) if isinstance(node, promql.NumberLiteral)]
