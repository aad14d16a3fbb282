"""What the rules of the configuration want of a lane."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jobqueue_exporter.config import pattern
from jobqueue_exporter.config.types import Config, QueueRule
from jobqueue_exporter.model import Lane, Policy

_DEFAULT = Policy()


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one configuration; for each source one regular expression over all of them."""

    config: Config
    policies: tuple[Policy, ...]
    by_source: dict[str, re.Pattern[str]] = field(default_factory=dict)


_latest: _Rules | None = None


def policy(config: Config, source: str, lane: Lane) -> Policy:
    """What the first rule that matches wants, else the defaults."""
    rules = _compiled(config)
    found = _expression(rules, source).fullmatch(f"{lane.queue}{pattern.SEPARATOR}{lane.kind}")
    if found is None or found.lastgroup is None:
        return _DEFAULT
    return rules.policies[int(found.lastgroup.removeprefix("rule"))]


def configured_lanes(config: Config, source: str) -> tuple[Lane, ...]:
    """The lanes that rules of this source name without a wildcard, each once."""
    lanes = (
        Lane(rule.match.queue, rule.match.kind)
        for rule in config.queues
        if pattern.matches(rule.match.source, source)
        and pattern.is_exact(rule.match.queue)
        and pattern.is_exact(rule.match.kind)
    )
    return tuple(dict.fromkeys(lanes))


def _compiled(config: Config) -> _Rules:
    """The rules of this configuration, made once; the last one is kept, since there is only one."""
    global _latest  # noqa: PLW0603 - a cache: at worst two threads fill it with the same
    rules = _latest
    if rules is None or rules.config is not config:
        rules = _latest = _Rules(config, tuple(_policy(rule) for rule in config.queues))
    return rules


def _expression(rules: _Rules, source: str) -> re.Pattern[str]:
    found = rules.by_source.get(source)
    if found is None:
        found = rules.by_source[source] = re.compile(
            "|".join(
                f"(?P<rule{index}>{pattern.regex(rule.match.queue)}{pattern.SEPARATOR}{pattern.regex(rule.match.kind)})"
                for index, rule in enumerate(rules.config.queues)
                if pattern.matches(rule.match.source, source)
            )
        )
    return found


def _policy(rule: QueueRule) -> Policy:
    return Policy(
        owner=rule.owner,
        wait_objective_seconds=rule.wait_objective,
        success_objective_ratio=rule.success_objective,
        max_runtime_seconds=rule.max_runtime,
        page=rule.page,
        no_loss=rule.no_loss,
    )
