"""The query budget of each tenant, so that one tenant's queries do not slow down another's.

It limits concurrent queries and rows read per minute. Rows are charged after a query, when their number is known. The
balance refills evenly. One query may overdraw it; further queries are refused until it is positive again. Each process
keeps its own budgets in memory.
"""

import math
import time
from asyncio import CancelledError
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from graph.answer_headers import Limit, set_limit
from graph.errors import QueryTooExpensiveError, RateLimitedError

PLATFORM_SHARE: Final = 4  # times a tenant's
REMEMBERED: Final = 10_000  # tenants; the least recently active one is evicted first
RETRY_SECONDS: Final = 1  # by then, a running query may have ended
ROWS_PER_SECOND: Final = 20_000_000  # charged for a cancelled query, whose rows are not known


@dataclass(slots=True)
class _Balance:
    """One tenant's running queries, and the rows left at the clock's time `at`, in seconds."""

    running: int
    rows: float
    at: float


class Charge:
    """The rows that one running query has read so far."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, rows: int) -> None:
        self.rows += rows


class Budget:
    """Limits each tenant to `concurrency` and `rows_per_minute`. Tenant None is the platform's own callers."""

    def __init__(self, concurrency: int, rows_per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._concurrency, self._rows, self._clock = concurrency, rows_per_minute, clock
        self._balances: OrderedDict[str | None, _Balance] = OrderedDict()

    @contextmanager
    def query(self, tenant_id: str | None) -> Iterator[Charge]:
        """Admits one query and charges it at its end. Raises RateLimitedError with the time to wait.

        A cancelled or too expensive query is charged for its duration, any other query for the rows that it read.
        """
        balance = self._admitted(tenant_id)
        balance.running += 1
        charge, began = Charge(), self._clock()
        try:
            yield charge
        except (CancelledError, QueryTooExpensiveError):
            charge.add(int((self._clock() - began) * ROWS_PER_SECOND))
            raise
        finally:
            balance.running -= 1
            balance.rows -= charge.rows
            self._declare(tenant_id, balance)

    def _admitted(self, tenant_id: str | None) -> _Balance:
        share = PLATFORM_SHARE if tenant_id is None else 1
        balance = self._refilled(tenant_id, self._rows * share)
        self._declare(tenant_id, balance)
        if balance.running >= self._concurrency * share:
            raise RateLimitedError(
                f"This caller already runs {self._concurrency * share} queries, as many as it may at the same time; "
                "wait for one to end.",
                RETRY_SECONDS,
            )
        if balance.rows <= 0:
            wait = math.floor(-balance.rows / (self._rows * share / 60)) + 1
            raise RateLimitedError(
                f"This caller's queries have read more than {self._rows * share} rows per minute; retry in {wait} s, "
                "or read less: a shorter window, or dimensions that a cube has.",
                wait,
            )
        return balance

    def _declare(self, tenant_id: str | None, balance: _Balance) -> None:
        """Declares both quotas of the caller for the answer's headers."""
        share = PLATFORM_SHARE if tenant_id is None else 1
        most, at_once = self._rows * share, self._concurrency * share
        until = most if balance.rows >= 1 else 1
        set_limit("queries", Limit(at_once, None, at_once - balance.running, None, "concurrent-requests"))
        set_limit("rows", Limit(most, 60, int(balance.rows), math.ceil((until - balance.rows) * 60 / most), "rows"))

    def _refilled(self, tenant_id: str | None, most: int) -> _Balance:
        """The tenant's balance, refilled for the time since its last use."""
        now = self._clock()
        balance = self._balances.setdefault(tenant_id, _Balance(0, most, now))
        balance.rows = min(most, balance.rows + (now - balance.at) * most / 60)
        balance.at = now
        self._balances.move_to_end(tenant_id)
        if len(self._balances) > REMEMBERED:
            self._evict()
        return balance

    def _evict(self) -> None:
        """Evicts the least recently used balance without running queries, if there is one."""
        for tenant_id, balance in self._balances.items():
            if not balance.running:
                del self._balances[tenant_id]
                return
