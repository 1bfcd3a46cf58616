"""Readiness names each dependency that is down, and checks all of them concurrently."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from graph.http import health
from graph.http.health import Probe, readiness
from infra.postgres import Pool
from tests.graph.support.api import open_api

pytestmark = pytest.mark.anyio


async def up() -> None:
    pass


async def broken() -> None:
    raise OSError("refused")


async def hanging() -> None:
    await asyncio.sleep(60)


async def stubborn() -> None:
    """Ignores its cancellation."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    await asyncio.sleep(60)


@pytest.mark.parametrize("check", [broken, hanging, stubborn])
@pytest.mark.parametrize(("required", "status", "code"), [(True, "unavailable", 503), (False, "degraded", 200)])
async def test_a_dependency_that_is_down_is_named(
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[], Awaitable[None]],
    required: bool,
    status: str,
    code: int,
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    probes = {"postgres": Probe(up, required=True), "nats": Probe(check, required=required)}
    async with open_api(pool, probes) as api:
        response = await api.client.get("/health/ready")
    assert response.status_code == code
    assert response.json() == {
        "status": status,
        "dependencies": {
            "postgres": {"status": "ok", "required": True},
            "nats": {"status": "down", "required": required},
        },
    }


async def test_all_dependencies_answer(pool: Pool) -> None:
    async with open_api(pool, {"postgres": Probe(up, required=True), "nats": Probe(up, required=False)}) as api:
        ready, live = await api.client.get("/health/ready"), await api.client.get("/health/live")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})


async def test_checks_run_concurrently() -> None:
    """Each check ends only after all checks have begun."""
    begun = asyncio.Barrier(5)

    async def wait_for_others() -> None:
        await begun.wait()

    report = await readiness({str(number): Probe(wait_for_others, required=False) for number in range(5)})
    assert {each.status for each in report.dependencies.values()} == {"ok"}
