"""Real engines, one of each per session. A test that stops or kills an engine starts its own.

Random tests use the same values in every run, so that a failure comes from the change under test. For other values,
use `pytest --seed 7` for tests with a `seed`, and `--hypothesis-profile default` for properties.
"""

import os
import signal
import zoneinfo
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings

from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.embedded.postgres import postgres_server
from infra.environment import forget_foreign

forget_foreign(os.environ)  # as `anlyt` does: tests start clients, engines and commands

# A shell's background job ignores these signals. The processes that tests start and interrupt would ignore them, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# References use the time zones of the locked wheel, not of this machine.
zoneinfo.reset_tzpath(to=[])

# An unusual zone, because the product must not depend on the server's time zone.
SOMEWHERE = {"timezone": "Asia/Kabul"}

# Without fsync, what is written survives a killed server, but no power cut, which no test makes. So neither commits nor
# new databases wait for the disk.
NO_POWER_CUT = {"fsync": "off"}

# Properties have no deadline, because a busy machine is no failure of a property.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


# The files that take longest, longest first: a worker that begins one of them last works alone for minutes.
LONGEST = (
    "tests/end_to_end/test_demo.py",
    "tests/graph/test_schemathesis.py",
    "tests/soak/test_soak.py",
    "tests/deployment/test_upgrade.py",
    "tests/integration/test_zones.py",
    "tests/prove/test_proof.py",
    "tests/integration/test_tlog_tampering.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=20261122, help="seed of the random tests")
    parser.addoption("--length", choices=["short", "long"], default="short", help="how many faults a scenario has")


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.getoption('--seed')}"


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The seed of random tests."""
    number: int = pytestconfig.getoption("--seed")
    return number


@pytest.fixture(scope="session")
def is_long(pytestconfig: pytest.Config) -> bool:
    """Whether scenarios have many faults (`make deployment`), and not a few."""
    return bool(pytestconfig.getoption("--length") == "long")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def nats(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with nats_server(tmp_path_factory.mktemp("nats")) as engine:
        yield engine


@pytest.fixture(scope="session")
async def postgres(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with postgres_server(tmp_path_factory.mktemp("postgres"), settings=NO_POWER_CUT) as engine:
        yield engine


@pytest.fixture(scope="session")
async def clickhouse(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with clickhouse_server(tmp_path_factory.mktemp("clickhouse"), settings=SOMEWHERE) as engine:
        yield engine
