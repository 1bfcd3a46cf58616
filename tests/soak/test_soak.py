"""The bounded form of `make soak`."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.soak.plan import Plan
from tests.soak.soak import soak

pytestmark = pytest.mark.anyio

SHORT: Final = Plan(seed=0, seconds=15.0, rate=120.0, pause=2.0, faults=5, ack_wait=2.0)


async def test_everything_is_exact_after_faults_under_load(tmp_path: Path, seed: int) -> None:
    report = await soak(tmp_path, replace(SHORT, seed=seed), print)
    assert list(report.differences) == [], "\n".join(report.differences)
    assert report.faults >= SHORT.faults
