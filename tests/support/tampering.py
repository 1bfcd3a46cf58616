"""Random changes of what the transparency log speaks of, and of the log, by somebody who may write everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final, NamedTuple

from asyncpg import Record

from infra.postgres import Connection


class Change(NamedTuple):
    """A change: what is written, and the day and tenant that have to be named. None: no tenant or day is concerned."""

    sql: str
    day: date | None
    tenant_id: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """Rows of PostgreSQL that are changed. `day` is SQL; `changes` are assignments, or "delete"."""

    table: str
    key: str
    day: str
    changes: tuple[str, ...]
    tenant: str = "null"
    where: str = "true"


_ENTRY_DAY: Final = "coalesce(day, (logged_at at time zone 'UTC')::date)"
_DAY_OF_LINK: Final = "(select day from anlyt.integrity_links where number = link)"
_DAY_OF_PERIOD: Final = (
    "(select (stored_from at time zone 'UTC')::date from anlyt.tlog_periods as p where p.entry = t.entry)"
)

TARGETS: Final = (
    Target(
        "audit_access_log",
        "access_id",
        "(accessed_at at time zone 'UTC')::date",
        ("row_count = row_count + 1", "request = '{}'", "caller = 'x'", "rows_before = 9", "operation = 'export'"),
        "tenant_id",
        "access_id not in (select access_id from anlyt.audit_exports)",
    ),
    Target(
        "audit_access_log",
        "access_id",
        "(accessed_at at time zone 'UTC')::date",
        ("accessed_at = accessed_at - interval '1 microsecond'", "delete"),
        "tenant_id",
        "access_id not in (select access_id from anlyt.audit_exports)",
    ),
    Target(
        "audit_exports",
        "export_id",
        "(finished_at at time zone 'UTC')::date",
        ("manifest_sha256 = 'ab'", "delete"),
        "tenant_id",
    ),
    Target(
        "query_exports", "export_id", "(finished_at at time zone 'UTC')::date", ("manifest_sha256 = 'ab'",), "tenant_id"
    ),
    Target(
        "reconciliation_log",
        "run_id",
        "day",
        ("ours = ours + 0.000001", "status = 'DIVERGED'", "theirs = null", "compared_at = now()", "delete"),
    ),
    Target(
        "metrics_daily",
        "day_bucket",
        "day_bucket",
        ("total_messages = total_messages + 1", "total_cost = total_cost - 0.000001", "delete"),
    ),
    Target("costs_daily", "day_bucket", "day_bucket", ("total_cost = total_cost + 1", "currency = 'AFN'", "delete")),
    Target(
        "integrity_links",
        "number",
        "day",
        (
            "hash = sha256('x')",
            "facts = facts + 1",
            "root = sha256('x')",
            "stored_before = stored_before + interval '1 s'",
        ),
    ),
    Target(
        "integrity_leaves",
        "(tenant_id, link)",
        _DAY_OF_LINK,
        ("facts = facts + 1", "digest = sha256('x')", "number = number + 90"),
    ),
    Target(
        "tlog_entries",
        "number",
        _ENTRY_DAY,
        (
            "digest = sha256('x')",
            "nonce = sha256('x')",
            "hash = sha256('x')",
            "logged_at = logged_at - interval '1 microsecond'",
            "kind = 'other'",
            "day = day - 1",
        ),
        where="day is not null",
    ),
    Target(
        "tlog_entries",
        "number",
        _ENTRY_DAY,
        ("tenant_id = 't-x'", "digest = sha256('y')"),
        "tenant_id",
        "tenant_id is not null",
    ),
    Target("tlog_nodes", "number", "null", ("hash = sha256('x')", "number = number + 1", "delete")),
    Target(
        "tlog_checkpoints",
        "size",
        "null",
        (
            "note = replace(note, E'\\n' || size || E'\\n', E'\\n' || size - 1 || E'\\n')",
            "size = size - 1",
            "note = ''",
        ),
    ),
    Target(
        "tlog_published",
        "size",
        "(published_at at time zone 'UTC')::date",
        ("note = replace(note, E'\\n' || size || E'\\n', E'\\n' || size + 1 || E'\\n')",),
    ),
    Target(
        "tlog_periods",
        "entry",
        "(stored_from at time zone 'UTC')::date",
        (
            "stored_before = stored_before + interval '1 microsecond'",
            "stored_from = stored_from - interval '1 microsecond'",
            "facts = facts + 1",
            "root = sha256('x')",
        ),
    ),
    Target(
        "tlog_arrivals",
        "(entry, tenant_id, day)",
        _DAY_OF_PERIOD,
        ("facts = facts + 1", "digest = sha256('x')", "tenant_id = tenant_id || 'x'", "day = day + 1", "delete"),
    ),
)


async def change(connection: Connection, random: Random) -> Change:
    """Chooses a change of one row, or of all rows that share a key."""
    target = random.choice(TARGETS)
    rows = await connection.fetch(
        f"select {target.key}::text as key, {target.day} as day, {target.tenant} as tenant "
        f"from anlyt.{target.table} as t where {target.where} order by 1"
    )
    row: Record = random.choice(rows)
    what = random.choice(target.changes)
    condition = f"where {target.key}::text = '{row['key']}'"
    verb = f"delete from anlyt.{target.table}" if what == "delete" else f"update anlyt.{target.table} set {what}"
    return Change(f"{verb} {condition}", row["day"], row["tenant"])


Mutation = Callable[[Any], str]
# Columns of facts, each with an expression that is another value.
COLUMNS: Final = {
    "compliance": {
        "verdict": "if(verdict = 'BLOCK', 'ALLOW', 'BLOCK')",
        "message_id": "concat(message_id, 'x')",
        "rule_ids": "arrayPushBack(rule_ids, 'x')",
        "evaluation_latency_ms": "evaluation_latency_ms + 1",
        "account_id": "'a-9'",
    },
    "cdr": {
        "charge_amount": "charge_amount + toDecimal128('0.000001', 6)",
        "currency": "'USD'",
        "status": "'LOST'",
        "segment_count": "segment_count + 1",
        "cdr_id": "concat(cdr_id, 'x')",
    },
}
