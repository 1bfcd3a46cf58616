"""Workers and engines are killed at any time: nothing is lost, and nothing is counted twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeAlias

import pytest

from functions import METRICS
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.embedded.postgres import postgres_server
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events, faults
from tests.support.chaos import accidents, flood, make_short_ack_consumers
from tests.support.database import fresh_database, make_template
from tests.support.dead_letters import dead_letter_differences
from tests.support.platform import Platform, open_platform
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.worker import WorkerPool, worker_pool

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
EVENTS = 4_000  # of each type, without duplicates
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Scene:
    """Engines that may be killed, and a platform on them."""

    nats: Engine
    postgres: Engine
    platform: Platform
    random: Random


Accident: TypeAlias = Callable[[Scene, WorkerPool], Awaitable[None]]


@pytest.fixture
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    seed: int = request.param
    print(f"seed {seed}")
    async with nats_server(tmp_path / "nats") as nats, postgres_server(tmp_path / "postgres") as postgres:
        await make_template(postgres)
        async with fresh_database(postgres) as dsn, open_platform(nats.url, dsn) as platform:
            yield Scene(nats, postgres, platform, Random(seed))


def _mixed(scene: Scene, make: events.Make, bad: Iterable[faults.Fault]) -> list[Message]:
    """Messages with good events and some bad ones."""
    good = events.messages(scene.random, make, NOW, EVENTS)
    small = [fault.message for fault in bad if len(fault.message.data) < 1000]
    return events.reordered(scene.random, [*good, *scene.random.sample(small, 60)])


async def _check_accidents(scene: Scene, workers: int, pause: float, *happen: Accident) -> None:
    """Runs accidents under load. Afterwards the figures and the dead letters equal the reference."""
    platform, random = scene.platform, scene.random
    billing = _mixed(scene, events.billing, faults.billing(events.billing(random, NOW), NOW))
    delivery = _mixed(scene, events.report, faults.reports(events.report(random, NOW), NOW))
    async with worker_pool(platform.url, platform.dsn, random, workers) as pool:
        await asyncio.gather(
            flood(platform, BILLING_EVENTS, billing, SECONDS),
            flood(platform, SMS_DLR, delivery, SECONDS),
            accidents(random, [partial(accident, scene, pool) for accident in happen], pause),
        )
        await platform.wait_until_drained(*METRICS)
    assert await differences(platform.dsn, expect(billing, delivery, NOW)) == []
    assert await dead_letter_differences(platform, METRICS, NOW) == []


async def worker_killed(_: Scene, pool: WorkerPool) -> None:
    await pool.kill_one()


async def worker_replaced(_: Scene, pool: WorkerPool) -> None:
    await pool.restart_one()


async def postgres_stopped(scene: Scene, _: WorkerPool) -> None:
    """Stops PostgreSQL as `pg_ctl stop -m immediate` does, and starts it again."""
    await scene.postgres.stop("immediate")
    await asyncio.sleep(scene.random.random() / 2)
    await scene.postgres.start()


async def postgres_killed(scene: Scene, _: WorkerPool) -> None:
    await scene.postgres.kill()
    await scene.postgres.start()


async def nats_killed(scene: Scene, _: WorkerPool) -> None:
    await scene.nats.kill()
    await asyncio.sleep(scene.random.random() / 2)
    await scene.nats.start()


@pytest.mark.parametrize("scene", [1], indirect=True)
async def test_workers_killed(scene: Scene) -> None:
    await make_short_ack_consumers(scene.platform, METRICS)
    await _check_accidents(scene, 3, 0.2, *[worker_killed] * 20)


@pytest.mark.parametrize("scene", [2], indirect=True)
async def test_postgres_stopped_and_killed(scene: Scene) -> None:
    await make_short_ack_consumers(scene.platform, METRICS)
    await _check_accidents(scene, 2, 0.5, *[postgres_stopped, postgres_killed] * 2)


@pytest.mark.parametrize("scene", [3], indirect=True)
async def test_nats_killed(scene: Scene) -> None:
    await make_short_ack_consumers(scene.platform, METRICS)
    await _check_accidents(scene, 2, 0.7, *[nats_killed] * 4)


@pytest.mark.parametrize("scene", [4], indirect=True)
async def test_everything_killed(scene: Scene) -> None:
    await make_short_ack_consumers(scene.platform, METRICS)
    happen = [worker_killed] * 8 + [postgres_stopped, postgres_killed] + [nats_killed] * 2
    await _check_accidents(scene, 3, 0.2, *scene.random.sample(happen, len(happen)))


@pytest.mark.parametrize("scene", [5], indirect=True)
async def test_workers_replaced(scene: Scene) -> None:
    """A stopped worker returns its messages. Otherwise they would wait for the ack wait, longer than the test does."""
    await _check_accidents(scene, 2, 0.3, *[worker_replaced] * 12)
