"""Whether a customer's tenant and account belong together, by what events say: for whoever runs the platform.

Requests do not wait for it, and their answers do not depend on it: an account's figures are the account's, a tenant's
queries the tenant's. A portal that pairs them wrongly would show two customers on one page.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from graph.access.scope import ID_PATTERN, AccountScope
from infra.clickhouse import FAILURES, ClickHouse
from infra.errors import AnlytError
from infra.metrics import CONTRADICTED_PAIRS
from infra.sql import statement
from infra.telemetry import logger

AGAIN: Final = 3600.0  # seconds until a pair is looked up again
SOON: Final = 60.0  # ... after ClickHouse did not answer
MOST_REMEMBERED: Final = 10_000
MOST_WAITING: Final = 100
# An engine that is slow at it is left alone: nothing is found then.
LIMITS: Final[Mapping[str, str | int]] = {"max_execution_time": 2, "timeout_overflow_mode": "break", "max_threads": 1}

_SQL: Final = Path(__file__).parent / "sql"
_HAS_PAIR: Final = statement(_SQL, "has_pair")
_TENANT: Final = statement(_SQL, "tenant_of_account")
_ID: Final = re.compile(ID_PATTERN)

Pair: TypeAlias = tuple[str, str]
Value = TypeVar("Value")


class Pairs:
    """One for a process. Each pair is looked up once an hour, one after another, and logged and counted once."""

    def __init__(self, clickhouse: ClickHouse, clock: Callable[[], float] = time.monotonic) -> None:
        self._clickhouse, self._clock = clickhouse, clock
        self._next: OrderedDict[Pair, float] = OrderedDict()
        self._contradicted: OrderedDict[Pair, None] = OrderedDict()
        self._turn = asyncio.Lock()
        self._checks: set[asyncio.Task[None]] = set()

    def note(self, scope: AccountScope) -> None:
        """Has the pair of a request looked up, soon; nothing is asked before this returns."""
        pair = (scope.tenant_id or "", scope.account_id or "")
        if not all(map(_ID.fullmatch, pair)):
            return
        if self._next.get(pair, 0.0) > self._clock() or len(self._checks) >= MOST_WAITING:
            return
        _remember(self._next, pair, self._clock() + AGAIN)
        check = asyncio.create_task(self._check(scope.caller, pair))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    async def settled(self) -> None:
        """Waits for what is being looked up."""
        while self._checks:
            await asyncio.wait(self._checks)

    async def _check(self, caller: str, pair: Pair) -> None:
        tenant, account = pair
        try:
            async with self._turn:
                found = await self._other_tenant(tenant, account)
        except (*FAILURES, AnlytError):
            _remember(self._next, pair, self._clock() + SOON)
            return
        if found is None or pair in self._contradicted:
            return
        _remember(self._contradicted, pair, None)
        CONTRADICTED_PAIRS.inc()
        logger().warning(
            "tenant and account contradict events", caller=caller, tenant=tenant, account=account, found=found
        )

    async def _other_tenant(self, tenant: str, account: str) -> str | None:
        """Whose the account is, if it is another's; None if it is the tenant's, or events do not say."""
        client = await self._clickhouse.client()
        named = {"tenant": tenant, "account": account}
        if (await client.query(_HAS_PAIR, parameters=named, settings=dict(LIMITS))).result_rows:
            return None
        rows = (await client.query(_TENANT, parameters={"account": account}, settings=dict(LIMITS))).result_rows
        return str(rows[0][0]) if rows and rows[0][0] != tenant else None


def _remember(known: OrderedDict[Pair, Value], pair: Pair, value: Value) -> None:
    """The latest ones."""
    known[pair] = value
    known.move_to_end(pair)
    if len(known) > MOST_REMEMBERED:
        known.popitem(last=False)
