"""A week of 50,000 messages, drawn once for all tests of this folder."""

from datetime import UTC, datetime
from typing import Final

import pytest

from demo.traffic import history
from demo.wire import Message
from demo.world import World, make_world

UNTIL: Final = datetime(2026, 10, 9, 15, 7, 3, tzinfo=UTC)


@pytest.fixture(scope="session")
def world() -> World:
    return make_world()


@pytest.fixture(scope="session")
def until() -> datetime:
    return UNTIL


@pytest.fixture(scope="session")
def week(world: World, until: datetime) -> list[Message]:
    return list(history(world, until, messages=50_000))
