"""`anlyt ingest`: the function host in a process of its own."""

import gc
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from nats.aio.client import Client

from commands.support import listener
from functions import FUNCTIONS
from functions.function import AnyFunction
from infra import nats
from infra.cancelling import until_cancelled
from infra.dedup import dedup_memory
from infra.endpoints import engines
from infra.errors import UsageError
from infra.settings import Settings
from ingest import service
from ingest.limit import Limit, LimitGuards, limit_guards, problems

# Python looks for cycles after so many allocations. With its default of some hundreds, it would scan a batch's rows,
# which have no cycles, dozens of times.
ALLOCATIONS: Final = 50_000


def chosen(names: Sequence[str], option: str = "--function") -> list[AnyFunction]:
    """The functions of these names; without names, all. Raises UsageError with the known names for an unknown one."""
    known = {function.name: function for function in FUNCTIONS}
    for name in names:
        if name not in known:
            raise UsageError(f"{option} {name} is unknown; choose from {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)] or list(FUNCTIONS)


async def check_dedup(client: Client, functions: Sequence[AnyFunction], days: int | None) -> None:
    """Raises UsageError if a stream could redeliver an event after the ledger has forgotten it."""
    if any(function.store == "postgres" for function in functions):  # facts need no ledger
        await dedup_memory(client.jetstream(), days)


def limit_of(settings: Settings) -> Limit:
    """The dead-letter limit of the settings."""
    return Limit(settings.deadletter_share, settings.deadletter_window, settings.deadletter_least)


def guards_of(settings: Settings, functions: Sequence[AnyFunction], accept_bad: Sequence[str] = ()) -> LimitGuards:
    """The dead-letter limit guards of these functions. Raises UsageError if `accept_bad` names another function."""
    names = [function.name for function in functions]
    for name in accept_bad:
        if name not in names:
            raise UsageError(f"--accept-bad {name} is not a function that runs here; choose from {', '.join(names)}.")
    return limit_guards(names, limit_of(settings), accept_bad)


async def run(
    settings: Settings, names: Sequence[str], say: Callable[[str], None], accept_bad: Sequence[str] = ()
) -> None:
    """Runs the named functions until cancelled. Those in `accept_bad` have no dead-letter limit."""
    functions = chosen(names)
    guards = guards_of(settings, functions, accept_bad)
    with listener.served(settings, fallback=True, problems=partial(problems, guards)) as url:
        addresses = engines(settings)
        async with nats.connect(addresses.nats) as client:
            await check_dedup(client, functions, settings.dedup_days)
        async with service.running(addresses, functions, settings.reporting_currency, guards):
            gc.freeze()  # or collections, which a batch's events trigger, would scan all imported modules
            gc.set_threshold(ALLOCATIONS)
            say(f"ingest: {', '.join(function.name for function in functions)}; metrics at {url}")
            await until_cancelled()
