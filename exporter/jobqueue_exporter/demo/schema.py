"""The tables of the demo: a video pipeline's jobs, their events, and its workers' heartbeats."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from jobqueue_exporter.engines.table import heartbeats

OWNER = "demo"
DATABASE = "demo"

_TABLES = """
CREATE TABLE public.jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    priority int NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 9),
    state text NOT NULL DEFAULT 'queued',
    payload jsonb NOT NULL DEFAULT '{}',
    result jsonb,
    error jsonb,
    last_error text,
    attempts int NOT NULL DEFAULT 0,
    max_attempts int NOT NULL DEFAULT 5,
    run_at timestamptz DEFAULT now(),
    locked_at timestamptz,
    locked_by text,
    heartbeat_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX jobs_state_run_at ON public.jobs (state, run_at);

CREATE TABLE public.job_events (
    job_id uuid NOT NULL REFERENCES public.jobs (id) ON DELETE CASCADE,
    stage text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX job_events_created_at ON public.job_events (created_at);
CREATE INDEX job_events_job_id ON public.job_events (job_id);
"""


def create_database(admin: psycopg.Connection[tuple[Any, ...]]) -> None:
    """The demo's database and the role that owns it: no superuser, since anyone here may log in as it."""
    admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(OWNER)))
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))


def create_tables(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """The tables, empty, owned by the connection's role."""
    connection.execute(_TABLES)
    connection.execute(heartbeats.DDL)
