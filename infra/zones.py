"""Time zones. Their data comes from the locked wheel `tzdata`, never from the machine."""

from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import tzdata

from infra.clickhouse import ClickHouse
from infra.errors import AnlytError

VERSION: Final[str] = tzdata.IANA_VERSION
# "Factory" is no zone: it means "not configured".
TIMEZONES: Final = frozenset(files(tzdata).joinpath("zones").read_text().split()) - {"Factory"}
OF_ENGINE: Final = "select value from system.build_options where name = 'TZDATA_VERSION'"


class DifferingZonesError(AnlytError):
    """ClickHouse has another version of the zone data, so a zone's days may begin at other times there."""


@cache
def timezone(name: str) -> ZoneInfo:
    """The zone of a name in TIMEZONES."""
    with files(tzdata).joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


async def check_zones(clickhouse: ClickHouse) -> None:
    """Raises DifferingZonesError if ClickHouse has another version of the zone data. Ignores an absent ClickHouse.

    Both must agree: Python computes windows, ClickHouse the buckets of days.
    """
    from infra.clickhouse_errors import FAILURES  # it imports the driver

    try:
        rows = (await (await clickhouse.client()).query(OF_ENGINE)).result_rows
    except FAILURES:
        return
    theirs = rows[0][0] if rows else "unknown"
    if theirs != VERSION:
        raise DifferingZonesError(
            f"ClickHouse has version {theirs} of the time zones, anlyt has {VERSION}; "
            "install a version of one of them that has the other's zones."
        )
