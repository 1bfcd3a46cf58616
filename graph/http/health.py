"""Liveness of the process, and readiness of its dependencies."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from infra.faults import fault_of
from infra.telemetry import logger
from infra.zones import DifferingZonesError

PATIENCE: Final = 1.0  # seconds within which a dependency must answer

Status = Literal["ok", "degraded", "unavailable"]


@dataclass(frozen=True, slots=True)
class Probe:
    """A dependency's check, which raises when it does not answer, and whether the API needs that dependency."""

    check: Callable[[], Awaitable[object]]
    required: bool


Probes: TypeAlias = Mapping[str, Probe]


class Dependency(Struct, frozen=True, omit_defaults=True):
    """One dependency's state. `misconfigured`: it refuses what `setting` says."""

    status: Literal["ok", "down", "misconfigured"]
    required: Annotated[bool, Meta(description="Whether the API needs it to answer.")]
    setting: Annotated[str | None, Meta(description="The setting to correct.")] = None
    problem: Annotated[str | None, Meta(description="What is wrong, when it is known.")] = None


class Readiness(Struct, frozen=True):
    """`degraded`: an optional dependency is down; `unavailable`: a required one is down, or a setting is wrong."""

    status: Status
    dependencies: Mapping[str, Dependency]


class Liveness(Struct, frozen=True):
    """The process is running."""

    status: Literal["ok"] = "ok"


async def readiness(probes: Probes) -> Readiness:
    """Checks all dependencies concurrently. A dependency that does not answer within PATIENCE is down."""
    states = await asyncio.gather(*map(_check, probes.values()))
    dependencies = dict(zip(probes, states, strict=True))
    return Readiness(_status(dependencies), dependencies)


def _status(dependencies: Mapping[str, Dependency]) -> Status:
    down = [dependency for dependency in dependencies.values() if dependency.status == "down"]
    if any(dependency.required for dependency in down) or any(each.setting for each in dependencies.values()):
        return "unavailable"
    return "degraded" if down else "ok"


async def _check(probe: Probe) -> Dependency:
    # Not wait_for: it would also wait until a hanging check handles its cancellation.
    check = asyncio.ensure_future(probe.check())
    check.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([check], timeout=PATIENCE)
    check.cancel()
    if not check.done() or check.cancelled():
        return Dependency("down", probe.required)
    error = check.exception()
    if fault := fault_of(error) if error else None:
        logger().error("a setting is wrong", setting=fault.setting, why=str(fault))
        return Dependency("misconfigured", probe.required, fault.setting, fault.problem)
    problem = str(error) if isinstance(error, DifferingZonesError) else None
    return Dependency("down" if error else "ok", probe.required, problem=problem)
