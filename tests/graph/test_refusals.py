"""Refusing a request takes time linear in its length, and little time of the event loop.

The tests measure CPU time, on which other processes have no influence: of the event loop's thread, and of the process
for work beside the loop. Each attack has the largest allowed size once, and half that size once.
"""

import gc
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import pytest
from starlette.types import ASGIApp

from graph.app import create_app
from graph.http.bodies import LONGEST_BODY, MOST_OBJECTS, MOST_VALUES
from infra.postgres import open_pool
from infra.settings import Settings
from infra.zones import timezone
from tests.graph.support.attacks import Attack, AttackOfSize, lists, long, members, objects, query
from tests.graph.support.attacks_in_bodies import DOCUMENTS, INPUTS, QUERIES
from tests.graph.support.attacks_in_heads import HEADERS, PARSERS, URLS
from tests.graph.support.tokens import settings_with_keys
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

# The rule is 50 ms of the event loop. A busy machine, whose caches are others', takes up to three times as long.
MOST_OF_THE_LOOP: Final = 3 * 0.05
MOST_OF_THE_PROCESS: Final = 1.0
# Twice the length takes twice the time if it is linear, four times if it is quadratic.
GROWTH: Final = 3.0
NOISE: Final = 0.02  # seconds that are not compared
ATTEMPTS: Final = 4  # others' work on the machine makes one attempt dear, a mistake all of them


class Cost(NamedTuple):
    """CPU time in seconds."""

    loop: float
    process: float


ATTACKS: Final[Mapping[str, Mapping[str, AttackOfSize]]] = {
    "query": QUERIES,
    "document": DOCUMENTS,
    "variables": INPUTS,
    "header": HEADERS,
    "url": URLS,
    "parser": PARSERS,
}
EVERY: Final[Sequence[tuple[str, str]]] = [(kind, name) for kind, made in ATTACKS.items() for name in made]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with all authentication methods."""
    return settings_with_keys(tmp_path_factory.mktemp("keys"), "jwt,mesh,headers", ANLYT_RATE_LIMIT="0")


@pytest.fixture(scope="module")
async def app(anyio_backend: str, settings: Settings) -> AsyncIterator[ASGIApp]:
    """The application without engines, which no request here reaches. Existing objects are excluded from collection."""
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", size=2) as nowhere:
        made = create_app(settings, nowhere, {}, clickhouse=NO_CLICKHOUSE, development=True)
        gc.collect()
        gc.freeze()
        yield made
        gc.unfreeze()


async def cost(app: ASGIApp, attacks: Iterable[Attack]) -> Cost:
    """The least cost of several attacks, without garbage collection; the first one fills the caches."""
    costs = []
    gc.collect()
    gc.disable()
    try:
        for attack in attacks:
            loop, process = time.thread_time(), time.process_time()
            await attack(app)
            costs.append(Cost(time.thread_time() - loop, time.process_time() - process))
    finally:
        gc.enable()
    return Cost(min(each.loop for each in costs), min(each.process for each in costs))


@pytest.mark.parametrize(("kind", "name"), EVERY)
async def test_refusals_are_cheap(app: ASGIApp, kind: str, name: str) -> None:
    made = ATTACKS[kind][name]
    for attempt in range(ATTEMPTS):
        # Never twice the same: what is remembered would cost nothing.
        less = 0.001 * attempt
        half = await cost(app, [made(share - less) for share in (0.51, 0.5, 0.49)])
        whole = await cost(app, [made(share - less) for share in (0.99, 1.0, 0.98)])
        if is_cheap(half, whole):
            return
    raise AssertionError(f"the last of {ATTEMPTS} attempts: half {half}, whole {whole}")


def is_cheap(half: Cost, whole: Cost) -> bool:
    return (
        whole.loop <= MOST_OF_THE_LOOP
        and whole.process <= MOST_OF_THE_PROCESS
        and whole.process <= GROWTH * half.process + NOISE
    )


CENTURY: Final = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "granularity": "hour"}


async def days_of_two_centuries(_: ASGIApp) -> None:
    zone, day = timezone("America/Havana"), datetime(1900, 1, 1, tzinfo=UTC)
    while day < datetime(2100, 1, 1, tzinfo=UTC):
        day.astimezone(zone).utcoffset()
        day += timedelta(days=1)


@pytest.mark.parametrize("granularity", ["hour", "day", "week", "month"])
async def test_a_window_of_a_century_is_cheap_to_plan(app: ASGIApp, granularity: str) -> None:
    """In zones that are not cached: the plan compares two windows with the cells of each cube.

    It costs less than a loop over all days would.
    """
    zones = iter(["Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Europe/Berlin", "America/Nuuk", "Asia/Kabul"])

    def attack(**more: Any) -> Attack:
        time_range = {**CENTURY, "granularity": granularity, "timezone": next(zones)}
        return query(json.dumps({"dataset": "dlr", "measures": ["messages"], "time": time_range, **more}))

    measured = await cost(app, [attack(compareTo="previousPeriod") for _ in range(6)])
    assert measured.loop <= MOST_OF_THE_LOOP
    assert measured.loop < (await cost(app, [days_of_two_centuries] * 3)).loop


async def test_long_documents_do_not_block_the_event_loop(app: ASGIApp) -> None:
    """A long document is parsed and validated in another thread."""
    attack = DOCUMENTS["operations"]
    measured = await cost(app, [attack(share) for share in (0.97, 0.96, 0.95)])
    assert measured.loop < measured.process / 3


def test_the_largest_attacks_are_near_the_limits() -> None:
    """Otherwise the tests above would measure smaller requests."""
    assert 0.95 * MOST_VALUES < members(1).count(",") < MOST_VALUES
    assert 0.95 * MOST_VALUES < lists(1, "lane").count(",") < MOST_VALUES
    assert 0.95 * MOST_OBJECTS < objects(1).count("{") < MOST_OBJECTS
    assert 0.95 * LONGEST_BODY < len(long(1, "x")) < LONGEST_BODY
