"""Compares the pairs of tenant and account in customers' requests with call detail records, for operators.

A portal that pairs them wrongly would show two customers on one page. Requests do not wait for this check, and their
answers do not depend on it: reports read the account's rows only, queries the tenant's only.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from graph.access.scope import ID_PATTERN, AccountScope
from infra.clickhouse import ClickHouse
from infra.clickhouse_errors import FAILURES
from infra.errors import AnlytError
from infra.metrics import CONTRADICTED_PAIRS
from infra.sql import statement
from infra.telemetry import logger

RECHECK_SECONDS: Final = 3600.0  # until a pair is checked again
RETRY_SECONDS: Final = 60.0  # until a pair is checked again after a failure of ClickHouse
MOST_REMEMBERED: Final = 10_000
MOST_WAITING: Final = 100
# A lookup that takes longer returns no rows, which count as no contradiction.
LIMITS: Final[Mapping[str, str | int]] = {"max_execution_time": 2, "timeout_overflow_mode": "break", "max_threads": 1}

_SQL: Final = Path(__file__).parent / "sql"
_HAS_PAIR: Final = statement(_SQL, "has_pair")
_TENANT: Final = statement(_SQL, "tenant_of_account")
_ID: Final = re.compile(ID_PATTERN)

Pair: TypeAlias = tuple[str, str]
Value = TypeVar("Value")


class PairChecks:
    """Checks each pair once per hour, one pair at a time. Logs and counts each contradicted pair once per process."""

    def __init__(self, clickhouse: ClickHouse, clock: Callable[[], float] = time.monotonic) -> None:
        self._clickhouse, self._clock = clickhouse, clock
        self._next: OrderedDict[Pair, float] = OrderedDict()
        self._contradicted: OrderedDict[Pair, None] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._checks: set[asyncio.Task[None]] = set()

    def observe(self, scope: AccountScope) -> None:
        """Starts a check of a request's pair in the background, unless it is known, malformed or too many wait."""
        pair = (scope.tenant_id or "", scope.account_id or "")
        if not all(map(_ID.fullmatch, pair)):
            return
        if self._next.get(pair, 0.0) > self._clock() or len(self._checks) >= MOST_WAITING:
            return
        _remember(self._next, pair, self._clock() + RECHECK_SECONDS)
        check = asyncio.create_task(self._check(scope.caller, pair))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    async def wait(self) -> None:
        """Waits until all running checks have ended."""
        while self._checks:
            await asyncio.wait(self._checks)

    async def _check(self, caller: str, pair: Pair) -> None:
        tenant, account = pair
        try:
            async with self._one_at_a_time:
                other = await self._other_tenant(tenant, account)
        except (*FAILURES, AnlytError, RuntimeError):  # RuntimeError: the session was closed, as the API stops
            _remember(self._next, pair, self._clock() + RETRY_SECONDS)
            return
        if other is None or pair in self._contradicted:
            return
        _remember(self._contradicted, pair, None)
        CONTRADICTED_PAIRS.inc()
        logger().warning(
            "tenant and account contradict events", caller=caller, tenant=tenant, account=account, found=other
        )

    async def _other_tenant(self, tenant: str, account: str) -> str | None:
        """Returns another tenant that has the account; None if the account is the tenant's, or is not known."""
        client = await self._clickhouse.client()
        named = {"tenant": tenant, "account": account}
        if (await client.query(_HAS_PAIR, parameters=named, settings=dict(LIMITS))).result_rows:
            return None
        rows = (await client.query(_TENANT, parameters={"account": account}, settings=dict(LIMITS))).result_rows
        return str(rows[0][0]) if rows and rows[0][0] != tenant else None


def _remember(known: OrderedDict[Pair, Value], pair: Pair, value: Value) -> None:
    """Stores a value, and evicts the oldest beyond MOST_REMEMBERED."""
    known[pair] = value
    known.move_to_end(pair)
    if len(known) > MOST_REMEMBERED:
        known.popitem(last=False)
