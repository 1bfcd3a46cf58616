"""`anlyt pipeline`: one run of a pipeline, now."""

from collections.abc import Callable, Mapping

from infra.endpoints import engines
from infra.settings import Settings
from pipelines import runs
from pipelines.stores import configured


async def run(settings: Settings, name: str, params: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Until the run is over; says what it did."""
    runs.order(name, params)  # before any engine is asked for
    async with configured(settings, engines(settings)) as stores:
        say(runs.told(name, await runs.run(stores, name, params)))
