"""What one tenant's queries may use, so that nobody's dashboard is slow because of another's.

Two limits: queries that run at once, and rows read a minute. Rows are paid for when it is known how many they were: the
account fills evenly, may be overdrawn by one query, and then refuses until it is above zero again. Kept in memory, by
each process for itself.
"""

import math
import time
from asyncio import CancelledError
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from graph.errors import QueryTooExpensiveError, RateLimitedError

PLATFORM_SHARE: Final = 4  # times a tenant's
REMEMBERED: Final = 10_000  # tenants; the first to be forgotten is the one that has asked nothing for longest
SOON: Final = 1  # seconds, until a query may have ended
ROWS_A_SECOND: Final = 20_000_000  # taken to be read by a query that was ended before it could say


@dataclass(slots=True)
class _Account:
    """One tenant's: queries under way, and rows left at a time (seconds of the clock)."""

    running: int
    rows: float
    at: float


class Charge:
    """One query under way; whoever runs it says how much it read."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, rows: int) -> None:
        self.rows += rows


class Budget:
    """`concurrency` queries at once, `rows_per_minute` for each tenant. None stands for the platform's own callers."""

    def __init__(self, concurrency: int, rows_per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._concurrency, self._rows, self._clock = concurrency, rows_per_minute, clock
        self._accounts: OrderedDict[str | None, _Account] = OrderedDict()

    @contextmanager
    def query(self, tenant_id: str | None) -> Iterator[Charge]:
        """Around one query; RateLimitedError says when to come back.

        A query that is ended (given up by its caller, too expensive) pays for its time; one that fails otherwise, as
        when the engine is away, only for what it read.
        """
        account = self._admitted(tenant_id)
        account.running += 1
        charge, began = Charge(), self._clock()
        try:
            yield charge
        except (CancelledError, QueryTooExpensiveError):
            charge.add(int((self._clock() - began) * ROWS_A_SECOND))
            raise
        finally:
            account.running -= 1
            account.rows -= charge.rows

    def _admitted(self, tenant_id: str | None) -> _Account:
        share = PLATFORM_SHARE if tenant_id is None else 1
        account = self._account(tenant_id, self._rows * share)
        if account.running >= self._concurrency * share:
            raise RateLimitedError(
                f"{self._concurrency * share} queries of this caller are running, which is as many as may run at once; "
                "wait for one to end.",
                SOON,
            )
        if account.rows <= 0:
            wait = math.floor(-account.rows / (self._rows * share / 60)) + 1
            raise RateLimitedError(
                f"This caller's queries have read more than {self._rows * share} rows a minute; "
                f"come back in {wait} s, or ask for less: a shorter window, or dimensions that a cube has.",
                wait,
            )
        return account

    def _account(self, tenant_id: str | None, most: int) -> _Account:
        """With what has flowed in since it was last looked at."""
        now = self._clock()
        account = self._accounts.setdefault(tenant_id, _Account(0, most, now))
        account.rows = min(most, account.rows + (now - account.at) * most / 60)
        account.at = now
        self._accounts.move_to_end(tenant_id)
        if len(self._accounts) > REMEMBERED:
            self._forget()
        return account

    def _forget(self) -> None:
        """The idle one that has not been asked for longest; with none idle, as many are kept as run."""
        idle = next((tenant for tenant, account in self._accounts.items() if not account.running), None)
        if idle is not None:
            del self._accounts[idle]
