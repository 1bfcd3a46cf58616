"""Whether the process lives, and whether what it needs answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from infra.faults import fault_of
from infra.telemetry import logger
from infra.zones import DifferingZonesError

PATIENCE: Final = 1.0  # seconds that a dependency has to answer

Status = Literal["ok", "degraded", "unavailable"]


@dataclass(frozen=True, slots=True)
class Probe:
    """How to ask whether a dependency answers (it raises if not), and whether the API can do without."""

    check: Callable[[], Awaitable[object]]
    required: bool


Probes: TypeAlias = Mapping[str, Probe]


class Dependency(Struct, frozen=True, omit_defaults=True):
    """One dependency's state. `misconfigured`: it is there, and cannot be used as `setting` says."""

    status: Literal["ok", "down", "misconfigured"]
    required: Annotated[bool, Meta(description="Whether the API answers nothing without it.")]
    setting: Annotated[str | None, Meta(description="The setting to correct.")] = None
    problem: Annotated[str | None, Meta(description="What is wrong, where that is known.")] = None


class Readiness(Struct, frozen=True):
    """`degraded`: something is down that answers can do without; `unavailable`: another one, or a setting is wrong."""

    status: Status
    dependencies: Mapping[str, Dependency]


class Liveness(Struct, frozen=True):
    """The process runs and answers."""

    status: Literal["ok"] = "ok"


async def readiness(probes: Probes) -> Readiness:
    """Asks all at once; whoever does not answer within PATIENCE is down."""
    found = await asyncio.gather(*map(_ask, probes.values()))
    dependencies = dict(zip(probes, found, strict=True))
    return Readiness(_status(dependencies), dependencies)


def _status(dependencies: Mapping[str, Dependency]) -> Status:
    down = [dependency for dependency in dependencies.values() if dependency.status == "down"]
    if any(dependency.required for dependency in down) or any(each.setting for each in dependencies.values()):
        return "unavailable"
    return "degraded" if down else "ok"


async def _ask(probe: Probe) -> Dependency:
    """Not wait_for: that would also wait until a check that hangs has noticed its cancellation."""
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
