"""APIs that are known: what each is asked, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping

from jobqueue_exporter.config.http_types import HttpBreaker, HttpDeadLetters, HttpJobs, HttpRecovery, HttpRequest
from jobqueue_exporter.model import State

# How a team wraps and spells the rows of its table is up to its framework.
_ROWS = " | ".join(f"$.{key}" for key in ("items", "data", "entries", "deadLetters", "dead_letters", "jobs", "rows"))
_EVENT = "$.original_event_name | $.originalEventName | $.type"
_SINCE = "$.created_at | $.createdAt"
_ERROR = "$.last_error | $.lastError | $.error"
_ATTEMPTS = "$.attempt_count | $.attemptCount | $.attempts"
_STATUS = "$.status"
_TOTAL = "$.total | $.totalCount | $.total_count | $.pagination.total"
_BREAKER = "$.mcpCircuitBreaker"
_BREAKER_FAILURES = " | ".join(
    f"{_BREAKER}.{key}"
    for key in ("counts.failures", "failures", "failureCount", "failure_count", "consecutiveFailures")
)
_KILL_SWITCH = "$.killSwitchActive | $.kill_switch_active | $.killSwitch.active | $.kill_switch.active"

_DLQ_API = (
    HttpRequest(
        name="stats",
        path="api/queue/dlq/stats",
        # It answers so as well when its own database fails.
        zeros_prove_nothing=True,
        jobs=(HttpJobs(dead_letter="$.dlq.total_failed"),),
        dead_letters=HttpDeadLetters(attempts_average="$.dlq.avg_retries", recent={"24h": "$.dlq.last_24h"}),
        recovery=HttpRecovery(
            pending="$.dlq.recovery.pending_recovery",
            recovered="$.dlq.recovery.recovered",
            abandoned="$.dlq.recovery.abandoned",
        ),
    ),
    HttpRequest(
        name="failures",
        path="api/queue/dlq/failures?limit=100",
        zeros_prove_nothing=True,
        dead_letters=HttpDeadLetters(items="$.failures", error="$.error_message"),
        may_lack=("$.error_message",),
    ),
)

_ADMIN_API = (
    HttpRequest(
        name="jobs",
        path="api/admin/jobs",
        breakers=(HttpBreaker(name="mcp", state=f"{_BREAKER}.state", failures=_BREAKER_FAILURES),),
        kill_switch=_KILL_SWITCH,
        may_lack=(_BREAKER_FAILURES, _KILL_SWITCH),
    ),
    HttpRequest(
        name="dead_letters",
        path="api/admin/dead-letter-queue?status=pending&limit=100",
        jobs=(
            HttpJobs(
                items=_ROWS,
                each=State.DEAD_LETTER,
                total=_TOTAL,
                status=_STATUS,
                statuses=("pending",),
                kind=_EVENT,
                oldest_dead_letter=_SINCE,
            ),
        ),
        dead_letters=HttpDeadLetters(items=_ROWS, kind=_EVENT, error=_ERROR, attempts=_ATTEMPTS),
        may_lack=(_TOTAL, _STATUS, _ERROR, _ATTEMPTS, _SINCE),
    ),
    HttpRequest(
        name="retries",
        path="api/admin/dead-letter-queue?status=retry_scheduled&limit=100",
        jobs=(
            HttpJobs(
                items=_ROWS,
                each=State.RETRYING,
                total=_TOTAL,
                status=_STATUS,
                statuses=("retry_scheduled",),
                kind=_EVENT,
            ),
        ),
        may_lack=(_TOTAL, _STATUS),
    ),
)

PRESETS: Mapping[str, tuple[HttpRequest, ...]] = {"dlq-api": _DLQ_API, "admin-api": _ADMIN_API}
