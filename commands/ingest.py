"""`anlyt ingest`: the function host in a process of its own."""

import gc
from collections.abc import Callable, Sequence
from functools import partial

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


def chosen(names: Sequence[str], option: str = "--function") -> list[AnyFunction]:
    """The functions of these names, all without names; UsageError lists them when one is unknown."""
    known = {function.name: function for function in FUNCTIONS}
    for name in names:
        if name not in known:
            raise UsageError(f"{option} {name} is unknown; choose from {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)] or list(FUNCTIONS)


async def check_dedup(client: Client, functions: Sequence[AnyFunction], days: int | None) -> None:
    """UsageError if an event could come again after it was forgotten; facts need no memory."""
    if any(function.store == "postgres" for function in functions):
        await dedup_memory(client.jetstream(), days)


def limit_of(settings: Settings) -> Limit:
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
    """Until it is cancelled. The functions of `accept_bad` go on whatever they read."""
    functions = chosen(names)
    watching = guards_of(settings, functions, accept_bad)
    with listener.served(settings, fallback=True, problems=partial(problems, watching)) as url:
        found = engines(settings)
        async with nats.connect(found.nats) as client:
            await check_dedup(client, functions, settings.dedup_days)
        async with service.running(found, functions, settings.reporting_currency, watching):
            gc.freeze()  # or collections for the events of a batch would go through all that is imported
            say(f"ingest: {', '.join(function.name for function in functions)}; metrics at {url}")
            await until_cancelled()
