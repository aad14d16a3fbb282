"""A role that may not see all rows gets an error, never a smaller number."""

from __future__ import annotations

import pytest

from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from tests.engines.table.shop import EVENTS, Shop, Told

A = Lane("jobs", "A")
HIDES = "row-level security on public.jobs hides rows from this role"
MEMBERS = """
CREATE TABLE members (workspace_id uuid, role name);
GRANT SELECT ON members TO PUBLIC;
CREATE POLICY jobs_workspace_member_select ON jobs FOR SELECT USING (
    EXISTS (SELECT FROM members m WHERE m.workspace_id = jobs.workspace_id AND m.role = current_user));
CREATE POLICY jobs_service_role_full_access ON jobs TO service USING (true) WITH CHECK (true);
"""


@pytest.fixture
def secured(shop: Shop) -> Shop:
    """System A's table with two jobs of different workspaces, and its policies."""
    shop.run("CREATE ROLE service LOGIN", "CREATE ROLE member LOGIN", "CREATE ROLE stranger LOGIN")
    shop.jobs().add(2, kind="A", state="queued")
    shop.run("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY", "GRANT SELECT ON jobs TO service, member, stranger", MEMBERS)
    shop.run("INSERT INTO members SELECT workspace_id, 'member' FROM jobs LIMIT 1")
    return shop


def _pending(told: Told) -> int:
    return told.lanes[A].counts[State.PENDING]


def test_the_service_role_sees_all(secured: Shop) -> None:
    assert _pending(secured.read(role="service")) == 2


@pytest.mark.parametrize("role", ["member", "stranger"])
def test_others_get_the_reason(secured: Shop, role: str) -> None:
    with pytest.raises(Refused, match=HIDES):
        secured.read(role=role)


def test_a_role_without_rights_gets_the_grant_that_is_missing(shop: Shop) -> None:
    shop.run("CREATE ROLE nobody LOGIN")
    shop.jobs()

    with pytest.raises(Refused) as caught:
        shop.read(role="nobody")

    assert str(caught.value) == ('permission denied for table jobs: run `GRANT SELECT ON "public"."jobs" TO "nobody"`')


def test_a_role_without_the_schema_gets_the_reason(shop: Shop) -> None:
    shop.run("CREATE ROLE nobody LOGIN", "CREATE SCHEMA work")
    shop.jobs("work.jobs")
    shop.run("GRANT SELECT ON work.jobs TO nobody")

    with pytest.raises(Refused, match=r"permission denied for schema work: grant it; `jobqueue doctor`"):
        shop.read(role="nobody")


def test_a_grant_of_the_columns_that_count_is_enough(shop: Shop) -> None:
    shop.run("CREATE ROLE reader LOGIN")
    jobs = shop.jobs()
    jobs.add(kind="A", state="queued", run_at=-300)
    jobs.add(kind="A", state="running", heartbeat_at=-500, locked_at=-500)
    shop.run("CREATE INDEX ON jobs (state, run_at)", "GRANT SELECT (state, run_at, kind, locked_at) ON jobs TO reader")

    found = shop.read(role="reader", table="jobs").lanes[A]

    assert (found.counts[State.PENDING], found.counts[State.RUNNING]) == (1, 1)
    assert (found.oldest_pending_seconds, found.oldest_running_seconds, found.stuck) == (300, 500, None)


def test_without_the_state_nothing_can_be_told(shop: Shop) -> None:
    shop.run("CREATE ROLE reader LOGIN")
    shop.jobs()
    shop.run("GRANT SELECT (kind, run_at) ON jobs TO reader")

    with pytest.raises(Refused, match=r"public.jobs has no state column .*\(not readable: id, .*state, "):
        shop.read(role="reader", table="jobs")


@pytest.mark.parametrize("role", ["owner_of_jobs", "member_of_owner", "bypasser"])
def test_those_whom_no_policy_binds_see_all(secured: Shop, role: str) -> None:
    secured.run(
        "CREATE ROLE owner_of_jobs LOGIN",
        "CREATE ROLE member_of_owner LOGIN IN ROLE owner_of_jobs",
        "CREATE ROLE bypasser LOGIN BYPASSRLS",
        "ALTER TABLE jobs OWNER TO owner_of_jobs",
        "GRANT SELECT ON jobs TO bypasser",
    )

    assert _pending(secured.read(role=role)) == 2


def test_an_owner_who_is_bound_too_gets_the_reason(secured: Shop) -> None:
    secured.run("ALTER TABLE jobs OWNER TO stranger", "ALTER TABLE jobs FORCE ROW LEVEL SECURITY")

    with pytest.raises(Refused, match=HIDES):
        secured.read(role="stranger")


@pytest.mark.parametrize(
    ("policy", "sees_all"),
    [
        pytest.param("FOR SELECT USING (true)", True, id="for all roles"),
        pytest.param("FOR ALL TO stranger USING (true)", True, id="for this role"),
        pytest.param("FOR SELECT TO crew USING (true)", True, id="for a role that it is in"),
        pytest.param("FOR SELECT TO member USING (true)", False, id="for another role"),
        pytest.param("FOR SELECT TO stranger", False, id="without a condition it lets nothing through"),
        pytest.param("FOR UPDATE USING (true)", False, id="for writers"),
        pytest.param("FOR SELECT USING (kind <> 'B')", False, id="with a condition"),
    ],
)
def test_a_policy_lets_see_all_or_it_does_not(secured: Shop, policy: str, sees_all: bool) -> None:
    secured.run("CREATE ROLE crew ROLE stranger", f"CREATE POLICY another ON jobs {policy}")

    if sees_all:
        assert _pending(secured.read(role="stranger")) == 2
    else:
        with pytest.raises(Refused, match=HIDES):
            secured.read(role="stranger")


@pytest.mark.parametrize(
    ("policy", "sees_all"), [("USING (kind = 'B')", False), ("USING (true)", True), ("TO member USING (false)", True)]
)
def test_a_restrictive_policy_may_take_away_what_another_gave(secured: Shop, policy: str, sees_all: bool) -> None:
    secured.run(f"CREATE POLICY less ON jobs AS RESTRICTIVE FOR SELECT {policy}")

    if sees_all:
        assert _pending(secured.read(role="service")) == 2
    else:
        with pytest.raises(Refused, match=HIDES):
            secured.read(role="service")


@pytest.mark.parametrize(
    ("owner", "options", "role", "sees_all"),
    [
        pytest.param("postgres", "", "stranger", True, id="read as its owner, who sees all"),
        pytest.param("stranger", "", "service", False, id="read as its owner, who does not"),
        pytest.param("postgres", "WITH (security_invoker = on)", "stranger", False, id="read as oneself"),
        pytest.param("stranger", "WITH (security_invoker = true)", "service", True, id="read as oneself, who may"),
    ],
)
def test_a_view_is_looked_through(secured: Shop, owner: str, options: str, role: str, sees_all: bool) -> None:
    secured.run(
        f"CREATE VIEW inner_view {options} AS SELECT * FROM jobs",
        f"ALTER VIEW inner_view OWNER TO {owner}",
        "CREATE VIEW tasks WITH (security_invoker = on) AS SELECT * FROM inner_view",
        "GRANT SELECT ON tasks, inner_view TO PUBLIC",
    )

    if sees_all:
        assert secured.read(role=role, table="tasks").lanes[Lane("tasks", "A")].counts[State.PENDING] == 2
    else:
        with pytest.raises(Refused, match=HIDES):
            secured.read(role=role, table="tasks")


def test_a_membership_that_is_taken_away_is_noticed_at_once(secured: Shop) -> None:
    secured.run(
        "CREATE ROLE crew",
        "CREATE ROLE reader LOGIN",
        "GRANT SELECT ON jobs TO reader",
        "GRANT crew TO reader",
        "CREATE POLICY crew_reads ON jobs FOR SELECT TO crew USING (true)",
    )
    reader = secured.reader(role="reader")
    assert _pending(secured.told(reader)) == 2

    secured.run("REVOKE crew FROM reader")

    with pytest.raises(Refused, match=r"row-level security on public.jobs hides rows"):
        secured.told(reader)


def test_hidden_rows_of_a_companion_cost_only_what_it_tells(secured: Shop) -> None:
    secured.run(
        EVENTS,
        heartbeats.DDL,
        "GRANT SELECT ON job_events, job_workers TO service",
        "ALTER TABLE job_events ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE job_workers ENABLE ROW LEVEL SECURITY",
    )

    told = secured.read(role="service")

    assert _pending(told) == 2
    assert (told.facts.flow_window, told.workers, told.errors) == (None, None, {})
    assert [notice.partition(" hides")[0] for notice in told.facts.notices or ()] == [
        "public.job_events is left out: row-level security on public.job_events",
        "public.job_workers is left out: row-level security on public.job_workers",
    ]


def test_a_companion_that_may_not_be_read_costs_only_what_it_tells(secured: Shop) -> None:
    secured.run(EVENTS)

    told = secured.read(role="service")

    assert _pending(told) == 2
    assert told.facts.notices == (
        "public.job_events is left out: permission denied for table job_events: run `GRANT SELECT ON "
        '"public"."job_events" TO "service"`',
    )
