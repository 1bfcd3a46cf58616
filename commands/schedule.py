"""`anlyt schedule`: runs the pipelines at their times, in a process of its own."""

from collections.abc import Callable, Collection

from commands.support import listener
from infra.cancelling import until_cancelled
from infra.endpoints import engines
from infra.settings import Settings
from pipelines import schedule
from pipelines.stores import configured


async def run(settings: Settings, names: Collection[str], say: Callable[[str], None]) -> None:
    """Runs the named pipelines at their times until cancelled; without names, all."""
    definitions = schedule.chosen(names)
    with listener.served(settings, fallback=True) as url:
        async with configured(settings, engines(settings)) as stores, schedule.running(stores, definitions):
            say(f"schedule: {', '.join(each.name for each in definitions)}; metrics at {url}")
            await until_cancelled()
