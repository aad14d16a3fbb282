"""Which problems are told of snapshots, and how."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from urllib.parse import parse_qs, urlsplit

import pytest

from jobqueue_exporter.bundle import moment, specs
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.moment import Found, Moment, Problem
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.bundle.spec import AlertType, Severity, Spec
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts, Config
from jobqueue_exporter.model import Facts, Lane, LaneJobs, Policy, Signal, Snapshot, State
from jobqueue_exporter.web.shelf import Shelf
from tests import full_snapshot
from tests.bundle.made import spec
from tests.bundle.situations import HOSTILE, NOW

MAIL = Lane("mail", "SEND")
ASKS_HISTORY = "max by (source, queue, kind) (increase(jobqueue_jobs_enqueued_total[1h])) > 0"


def snapshot(
    lane: Lane = MAIL, pending: int = 0, waits: float = 0.0, *, policy: Policy | None = None, **changed: object
) -> Snapshot:
    jobs = LaneJobs(counts={State.PENDING: pending, State.DEAD_LETTER: 0}, oldest_pending_seconds=waits)
    made = Snapshot(
        source="shop",
        engine="table",
        read_at=NOW,
        up=True,
        facts=Facts(lanes={lane: jobs}, paused={lane.queue: False}),
        policies={lane: policy or Policy()},
        signals=dict.fromkeys(Signal, True),
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # whatever fields a snapshot has


def told(*snapshots: Snapshot, alerts: Alerts | None = None, own: tuple[Spec, ...] | None = None) -> Found:
    if own is None and alerts is None:
        return _ours().problems(snapshots, now=NOW)
    bundle = Bundle(specs.ours() if own is None else own, Settings(alerts=alerts or Alerts()), {})
    return moment.problems(bundle, snapshots, now=NOW)


@cache
def _ours() -> Moment:
    return Moment(Bundle(specs.ours(), Settings(), {}))


def names(found: Found) -> list[str]:
    return [problem.alert for problem in found.problems]


def by_lane(expr: str) -> Spec:
    return spec(expr=expr, description="", thresholds={}, pages=False)


def test_a_problem_says_all_that_its_alert_says() -> None:
    (problem,) = told(snapshot(waits=301.5, policy=Policy(owner="team-a"))).problems
    assert problem == Problem(
        alert="JobQueueWaitTooLong",
        topic="backlog",
        severity=Severity.CRITICAL,
        alert_type=AlertType.SYMPTOM,
        labels={"source": "shop", "queue": "mail", "kind": "SEND", "owner": "team-a"},
        value=301.5,
        summary="Jobs wait longer than they may.",
        description="In shop/mail/SEND the oldest job that could be claimed has waited for 5m 1s, longer than its wait "
        "objective allows.",
        wait=300,
        explains=(),
        id=problem.id,
        runbook="backlog?source=shop&queue=mail&kind=SEND#jobqueuewaittoolong",
    )


@pytest.mark.parametrize(("waits", "holds"), [(299.9, False), (300, False), (300.1, True)])
def test_a_condition_holds_beyond_its_threshold_only(waits: float, holds: bool) -> None:
    assert bool(told(snapshot(waits=waits)).problems) is holds


def test_a_lane_that_may_not_page_has_a_warning_instead_of_a_page_and_not_both() -> None:
    (problem,) = told(snapshot(waits=301, policy=Policy(page=False))).problems
    assert (problem.alert, problem.severity) == ("JobQueueWaitTooLong", Severity.WARNING)


def test_of_two_rules_that_hold_for_one_lane_the_worse_one_is_told() -> None:
    rule = AlertRule(severity="warning", overrides=(AlertOverride(match=AlertMatch(queue="nothing"), severity="info"),))
    twice = by_lane("max by (source, queue, kind) (last_over_time(jobqueue_oldest_pending_age_seconds[2m])) > 0")
    found = told(snapshot(waits=1), alerts=Alerts(rules={twice.name: rule}), own=(twice,))
    assert [problem.severity for problem in found.problems] == [Severity.WARNING]


def test_a_paused_queue_is_left_out() -> None:
    assert not told(snapshot(waits=1e6, facts=replace(snapshot(waits=1e6).facts, paused={"mail": True}))).problems


def test_what_the_configuration_changes_is_minded() -> None:
    rules = {
        "JobQueueWaitTooLong": AlertRule(
            thresholds={"factor": 2},
            for_=None,
            overrides=(AlertOverride(match=AlertMatch(queue="m*l"), thresholds={"factor": 0.5}, severity="info"),),
        ),
        "JobQueueBacklogHigh": AlertRule(enabled=False),
    }
    waiting = [snapshot(Lane("mail"), 500, 200), snapshot(Lane("video"), 500, 301, source="video")]
    found = told(*waiting, alerts=Alerts(keep_labels=("cluster",), rules=rules))
    assert [(each.alert, each.labels["source"], each.severity) for each in found.problems] == [
        ("JobQueueWaitTooLong", "shop", Severity.INFO)
    ]


def test_a_source_that_is_down_tells_that_alone() -> None:
    found = told(replace(snapshot(pending=500, waits=1e6), up=False, error="refused"))
    assert names(found) == ["JobQueueSourceDown"]


def test_of_two_readings_of_one_source_the_last_counts() -> None:
    assert not told(snapshot(waits=1e6), snapshot()).problems


def test_nothing_is_told_of_no_sources() -> None:
    assert not told().problems


def test_what_needs_history_is_untold_and_what_does_not_is_told() -> None:
    found = told(snapshot())
    assert {"JobQueueWaitBurnFast", "JobQueueDeadLettersGrowing"} <= set(found.untold)
    assert not {"JobQueueWaitTooLong", "JobQueueDeadLetters", "JobQueueReadinessRed"} & set(found.untold)
    assert "JobQueueWorkLost" not in found.untold  # any job of this lane may be lost
    assert "JobQueueWorkLost" in told(snapshot(policy=Policy(no_loss=True))).untold
    assert "JobQueueStalled" not in found.untold  # no job is old enough, whatever was before
    assert "JobQueueStalled" in told(snapshot(pending=1, waits=601)).untold


@pytest.mark.parametrize(
    ("expr", "holds", "is_told"),
    [
        ("[= gauge('jobqueue_jobs') =] > 0 unless [= on('source') =] " + ASKS_HISTORY, False, False),
        ("[= gauge('jobqueue_jobs') =] > 0 and [= on('source') =] " + ASKS_HISTORY, False, False),
        ("[= gauge('jobqueue_jobs') =] > 99 and [= on('source') =] " + ASKS_HISTORY, False, True),
        ("[= gauge('jobqueue_jobs') =] > 0 or " + ASKS_HISTORY, True, False),
        ("[= gauge('jobqueue_jobs') =] > 0", True, True),
        ("[= gauge('jobqueue_jobs', over='2h') =] > 0", False, False),
        ("[= gauge('jobqueue_jobs', ago='5m') =] > 0", False, False),
        ("[= gauge('jobqueue_jobs') =] * 0 == 0 unless [= on('source', 'queue', 'kind') =] vector(1)", True, True),
        ("[= gauge('jobqueue_jobs') =] > scalar(vector(0))", False, False),
        ("stddev by (source, queue, kind) (last_over_time(jobqueue_jobs[2m])) >= 0", False, False),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs{instance='a'}[2m])) > 0", False, False),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs{queue=~'(?i)MAIL'}[2m])) > 0", False, False),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs{queue=~'ma.l|x'}[2m])) > 0", True, True),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs{queue!~'ma'}[2m])) > 0", True, True),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs{queue!~'ma.*'}[2m])) > 0", False, True),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs{queue='x' or queue='y'}[2m])) > 0", False, False),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs[2m] @ 5)) > 0", False, False),
        ("max by (source, queue, kind) (max_over_time(jobqueue_jobs[5m:1m])) > 0", False, False),
        ("max by (source, queue, kind) (last_over_time(somebody_elses[2m])) > 0", False, False),
        ("max by (source, queue, kind) (last_over_time(jobqueue_jobs[2m])) > (time() > bool 5)", True, True),
        ("not PromQL", False, False),
    ],
)
def test_what_is_not_known_is_not_guessed(expr: str, holds: bool, is_told: bool) -> None:
    own = by_lane(expr)
    found = told(snapshot(pending=5, waits=5), own=(own,))
    assert (bool(found.problems), own.name not in found.untold) == (holds, is_told)


def test_an_alert_that_cannot_be_rendered_is_untold() -> None:
    changed = Alerts(rules={"JobQueueMany": AlertRule(threshold="5m")})
    assert told(snapshot(), alerts=changed, own=(spec(),)) == Found((), ("JobQueueMany",))


def test_the_watchdog_is_no_problem_and_is_told() -> None:
    found = told(snapshot())
    assert "JobQueueWatchdog" not in [*names(found), *found.untold]


def test_what_explains_a_problem_is_named_where_it_is_of_the_same_lane() -> None:
    waits, backlog = snapshot(pending=500, waits=1e3), snapshot(Lane("other"), 500, 5, source="other")
    found = told(waits, backlog)
    explained = {(each.alert, each.labels["source"]): each.explains for each in found.problems}
    assert explained == {
        ("JobQueueWaitTooLong", "shop"): (),
        ("JobQueueBacklogHigh", "shop"): ("JobQueueWaitTooLong",),
        ("JobQueueBacklogHigh", "other"): (),
    }


def test_a_page_is_explained_by_pages_only() -> None:
    lost, cause = spec("Lost"), spec("Other", pages=False, severity=Severity.WARNING)
    pages = (spec("Lost", inhibited_by=("Other", "Gone")), cause)
    assert lost.alert.severity is Severity.CRITICAL
    found = told(snapshot(pending=500), own=pages)
    assert [(each.alert, each.explains) for each in found.problems] == [("Lost", ()), ("Other", ())]
    quiet = told(snapshot(pending=500, policy=Policy(page=False)), own=pages)
    assert [(each.alert, each.explains) for each in quiet.problems] == [("Lost", ("Other",)), ("Other", ())]


def test_the_worst_comes_first_then_symptoms_then_by_lane() -> None:
    found = told(*(replace(full_snapshot.full(), source=name) for name in ("b", "a")), full_snapshot.down())
    ranks = [
        (list(Severity).index(each.severity), list(AlertType).index(each.alert_type), each.labels["source"])
        for each in found.problems
    ]
    assert ranks == sorted(ranks)
    assert len({rank[0] for rank in ranks}) == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_names_of_any_sort_are_told_as_they_are_and_survive_in_links(text: str) -> None:
    (problem,) = told(snapshot(Lane(text, text), waits=301, source=text)).problems
    assert {name: problem.labels[name] for name in ("source", "queue", "kind")} == dict.fromkeys(
        ("source", "queue", "kind"), text
    )
    assert problem.description.startswith(" ".join(f"In {text}/{text}/{text} the oldest job".split(" ")))
    link = urlsplit(problem.runbook)
    assert (link.path, parse_qs(link.query), link.fragment) == (
        *("backlog", {name: [text] for name in ("source", "queue", "kind")}, "jobqueuewaittoolong"),
    )
    assert not set(problem.runbook) & set("<>\"' \n\\")


def test_a_lane_without_a_kind_has_no_such_label_and_an_empty_one_in_its_link() -> None:
    (problem,) = told(snapshot(Lane("mail"), waits=301)).problems
    assert problem.labels == {"source": "shop", "queue": "mail"}
    assert problem.runbook == "backlog?source=shop&queue=mail&kind=#jobqueuewaittoolong"


def test_an_id_stays_the_same_while_value_owner_and_severity_change() -> None:
    first, second, other = (
        told(each).problems[0].id
        for each in (
            snapshot(waits=301),
            snapshot(waits=400, policy=Policy(owner="x", page=False)),
            snapshot(Lane("mail", "OTHER"), waits=301),
        )
    )
    assert first == second != other
    assert first.startswith("jobqueuewaittoolong-")
    assert len(first) == len("jobqueuewaittoolong-") + 8


def test_ids_tell_all_problems_apart() -> None:
    lanes = [snapshot(Lane(text, other), 500, 1e6, source=f"{text}-{other}") for text in HOSTILE for other in HOSTILE]
    found = told(*lanes)
    assert len({problem.id for problem in found.problems}) == len(found.problems) > 100


def test_a_surrogate_in_a_name_is_told_as_in_metrics() -> None:
    (problem,) = told(snapshot(Lane("\ud800"), waits=301)).problems
    assert problem.labels["queue"] == "\\ud800"


def test_a_moment_may_be_asked_again_with_other_readings() -> None:
    asked = _ours()
    assert names(asked.problems([snapshot(waits=301)], now=NOW)) == ["JobQueueWaitTooLong"]
    assert not asked.problems([snapshot()], now=NOW).problems


def test_the_shelf_tells_them_by_its_configuration() -> None:
    quiet = Alerts(rules={"JobQueueWaitTooLong": AlertRule(enabled=False)})
    assert names(Shelf(Config(sources=())).problems([snapshot(waits=301)])) == ["JobQueueWaitTooLong"]
    assert not Shelf(Config(sources=(), alerts=quiet)).problems([snapshot(waits=301)]).problems
