"""When the cells of a query's window were last cross-checked, and with what result (`pipelines/crosscheck`).

A tenant's query shows checks of that tenant's own cells alone: other tenants' rows, and differences in them, do not
change it. Queries of all tenants show checks of all tenants' cells together.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from graph.dsl.plan import Plan
from graph.dsl.scope import EVERY_TENANT, AllTenants
from graph.postgres import connected
from infra.errors import DependencyUnavailableError
from infra.postgres import Pool, as_unavailable
from infra.sql import statement
from schema.instants import MICROSECOND, AwareTime

# Seconds. A query that ClickHouse answers does not wait longer for what PostgreSQL knows of it.
PATIENCE: Final = 0.25
_VERIFIED: Final = statement(Path(__file__).parent / "sql", "verified")


class Verified(Struct, frozen=True, kw_only=True, rename="camel"):
    """How far the cells of a window were compared with their facts."""

    at: Annotated[
        AwareTime | None,
        Meta(description="No checked day of the window was last checked before this; null when none was checked."),
    ]
    result: Annotated[
        Literal["EQUAL", "DIFFERENT"],
        Meta(description="`DIFFERENT` while a difference in the window is open: the figures need not be right."),
    ]
    checked_days: Annotated[int, Meta(ge=0, description="Days of the window whose cells were checked.")]
    days: Annotated[int, Meta(ge=0, description="UTC days that the window touches.")]

    @property
    def state(self) -> object:
        """What the answer's validator depends on: all but the time."""
        return self.result, self.checked_days, self.days


class VerifiedReader:
    """Reads what the pipeline `crosscheck` has noted. PostgreSQL may be a replica."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of(self, plan: Plan) -> Verified | None:
        """What is known of a query's window; None if nothing is, or while PostgreSQL does not answer at once."""
        window = plan.query.window
        first, last = (each.astimezone(UTC).date() for each in (window.from_, window.to - MICROSECOND))
        tenant = EVERY_TENANT if isinstance(plan.scope, AllTenants) else plan.scope.tenant_id
        try:
            with as_unavailable():
                async with asyncio.timeout(PATIENCE), connected(self._pool) as connection:
                    row = await connection.fetchrow(_VERIFIED, plan.query.dataset.name, tenant, first, last)
        except DependencyUnavailableError:
            return None
        assert row is not None
        if not row["checked_days"] and not row["differs"]:
            return None
        return Verified(
            at=_as_utc(row["at"]),
            result="DIFFERENT" if row["differs"] else "EQUAL",
            checked_days=row["checked_days"],
            days=(last - first) // timedelta(days=1) + 1,
        )


def _as_utc(time: datetime | None) -> datetime | None:
    return time and time.astimezone(UTC)
