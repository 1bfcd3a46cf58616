"""Time zones come from the wheel alone, whose version is that of the tests' ClickHouse engine."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from graph.http.health import Probe, readiness
from infra import zones
from infra.clickhouse import connect, open_clickhouse
from infra.embedded.engine import Engine
from infra.zones import TIMEZONES, DifferingZonesError, check_zones, timezone
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
FIRST, WEEKS = datetime(2016, 1, 4, tzinfo=UTC), 20 * 52
AT_ONCE = 50  # zones per statement


async def test_every_zone_is_as_the_engine_has_it(clickhouse: Engine) -> None:
    """Compares the offset from UTC in each week of twenty years."""
    of_a_zone = (
        "arrayMap(week -> timeZoneOffset(toTimeZone(toDateTime({{first:UInt32}} + 604800 * week, 'UTC'), '{}')), "
        "range({{weeks:UInt32}}))"
    )
    parameters = {"first": int(FIRST.timestamp()), "weeks": WEEKS}
    names = sorted(TIMEZONES)
    times = [FIRST + timedelta(weeks=number) for number in range(WEEKS)]
    assert len(TIMEZONES) > 500
    differing = []
    async with connect(clickhouse.dsn) as client:
        for some in (names[first : first + AT_ONCE] for first in range(0, len(names), AT_ONCE)):
            sql = f"select {', '.join(map(of_a_zone.format, some))}"
            [row] = (await client.query(sql, parameters=parameters)).result_rows
            for name, theirs in zip(some, row, strict=True):
                ours = [time.astimezone(timezone(name)).utcoffset() for time in times]
                if [timedelta(seconds=offset) for offset in theirs] != ours:
                    differing.append(name)
    assert differing == []


def test_what_the_machine_has_is_not_read(tmp_path: Path) -> None:
    """On this machine, Kabul has UTC. No other module creates zones."""
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia/Kabul").write_bytes(files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    program = """
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from infra.zones import timezone
noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
print(*(noon.astimezone(zone("Asia/Kabul")).strftime("%H:%M") for zone in (ZoneInfo, timezone)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONTZPATH": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == ["12:00", "16:30"]
    rooms = ("schema", "functions", "infra", "ingest", "pipelines", "graph", "commands")
    makers = [
        file.relative_to(ROOT).as_posix()
        for room in rooms
        for file in (ROOT / room).rglob("*.py")
        if re.search(r"\bZoneInfo(\.\w+)?\(|available_timezones", file.read_text())
    ]
    assert makers == ["infra/zones.py"]


async def test_other_zones_than_the_engines_are_said_in_readiness(
    clickhouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_clickhouse(clickhouse.dsn, statement_timeout=30) as store:
        probes = {"timezones": Probe(lambda: check_zones(store), required=False)}
        assert (await readiness(probes)).status == "ok"
        monkeypatch.setattr(zones, "VERSION", "2016a")
        with pytest.raises(DifferingZonesError, match=r"version 2026c of the time zones, anlyt has 2016a"):
            await check_zones(store)
        found = await readiness(probes)
    assert found.status == "degraded"
    problem = found.dependencies["timezones"].problem
    assert problem is not None
    assert "2016a" in problem
    assert "2026c" in problem


async def test_of_an_engine_that_is_away_nothing_is_said() -> None:
    await check_zones(NO_CLICKHOUSE)
