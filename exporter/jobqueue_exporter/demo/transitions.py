"""The statements that move a job from one state to the next, each with its event."""

from __future__ import annotations

# Ordered as the index of a sensible team would have it; locked rows belong to another worker.
CLAIM = """
WITH next AS (
    SELECT id FROM public.jobs
    WHERE state = 'queued' AND (run_at IS NULL OR run_at <= now())
    ORDER BY priority, run_at
    LIMIT %(slots)s
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE public.jobs
    SET state = 'running', locked_at = now(), locked_by = %(worker)s, heartbeat_at = now(),
        attempts = attempts + 1, updated_at = now()
    FROM next
    WHERE jobs.id = next.id
    RETURNING jobs.id, kind, payload, attempts
), told AS (
    INSERT INTO public.job_events (job_id, stage, data)
    SELECT id, 'claimed', jsonb_build_object('worker_id', %(worker)s::text, 'attempts', attempts) FROM claimed
)
SELECT id, kind, payload FROM claimed
"""

BEAT = """
UPDATE public.jobs SET heartbeat_at = now(), updated_at = now()
WHERE id = ANY(%(jobs)s) AND locked_by = %(worker)s AND state = 'running'
"""

FINISH = """
WITH finished AS (
    UPDATE public.jobs
    SET state = 'completed', result = '{"ok": true}', error = NULL, last_error = NULL,
        locked_at = NULL, locked_by = NULL, heartbeat_at = NULL, updated_at = now()
    WHERE id = %(job)s AND locked_by = %(worker)s AND state = 'running'
    RETURNING id, attempts
)
INSERT INTO public.job_events (job_id, stage, data)
SELECT id, 'finished', jsonb_build_object('worker_id', %(worker)s::text, 'attempts', attempts) FROM finished
"""

# Tried again after 2, 4, 8 … seconds, 60 at most; after the last attempt it is kept for a person.
_FAIL = """
WITH lost AS (
    SELECT id, attempts >= max_attempts AS dead, locked_by FROM public.jobs
    WHERE {which}
    FOR UPDATE SKIP LOCKED
), failed AS (
    UPDATE public.jobs
    SET state = CASE WHEN dead THEN 'dead_letter' ELSE 'queued' END,
        run_at = CASE WHEN dead THEN run_at ELSE now() + least(2 ^ attempts, 60) * interval '1 second' END,
        last_error = %(message)s,
        error = jsonb_build_object('message', %(message)s::text, 'code', %(code)s::text,
            'attempts', attempts, 'max_attempts', max_attempts, 'failed_at', now(),
            'worker_id', lost.locked_by),
        locked_at = NULL, locked_by = NULL, heartbeat_at = NULL, updated_at = now()
    FROM lost
    WHERE jobs.id = lost.id
    RETURNING jobs.id, attempts, max_attempts
)
INSERT INTO public.job_events (job_id, stage, data)
SELECT id, 'failed', jsonb_build_object('error', %(message)s::text, 'code', %(code)s::text,
    'attempts', attempts, 'max_attempts', max_attempts)
FROM failed
"""

FAIL = _FAIL.format(which="id = %(job)s AND locked_by = %(worker)s AND state = 'running'")

RECOVER = _FAIL.format(
    which="state = 'running' AND coalesce(heartbeat_at, locked_at) < now() - %(lease)s * interval '1 second'"
)
