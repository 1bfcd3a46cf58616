"""Time zones: their data is that of the locked wheel `tzdata`, whatever the machine has of its own."""

from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import tzdata

from infra.clickhouse import FAILURES, ClickHouse
from infra.errors import AnlytError

VERSION: Final[str] = tzdata.IANA_VERSION
# One name of the database is no zone: it stands for "not set up".
TIMEZONES: Final = frozenset(files(tzdata).joinpath("zones").read_text().split()) - {"Factory"}
OF_ENGINE: Final = "select value from system.build_options where name = 'TZDATA_VERSION'"


class DifferingZonesError(AnlytError):
    """Days of some zone may begin at another time in ClickHouse than here."""


@cache
def timezone(name: str) -> ZoneInfo:
    """One of TIMEZONES."""
    with files(tzdata).joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


async def check_zones(clickhouse: ClickHouse) -> None:
    """DifferingZonesError if ClickHouse has other data than we; nothing is said of one that is away.

    Windows, and what they are compared with, are computed here, buckets of days there.
    """
    try:
        rows = (await (await clickhouse.client()).query(OF_ENGINE)).result_rows
    except FAILURES:
        return
    theirs = rows[0][0] if rows else "unknown"
    if theirs != VERSION:
        raise DifferingZonesError(
            f"ClickHouse has the time zones of {theirs}, anlyt those of {VERSION}; "
            "install the version of one that has the zones of the other."
        )
