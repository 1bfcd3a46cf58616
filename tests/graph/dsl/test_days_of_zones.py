"""Days and months of all zones around all changes of clocks in ten years, compared with stepping through time.

The reference steps by quarters of an hour and reads the local date. No clock changed between quarters in these years,
which the reference checks.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from graph.dsl.calendar import Shift, Window, previous_period, same_elapsed, shift
from graph.reports.windows import day_begins
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.zones import TIMEZONES

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
FIRST, LAST = datetime(2016, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
ABOUT = 3  # days before and after a change


@cache
def zones() -> Sequence[ZoneInfo]:
    """One zone of each group of zones with the same clocks."""
    alike = {tuple(changes(ZoneInfo(name))): ZoneInfo(name) for name in sorted(TIMEZONES)}
    return list(alike.values())


def changes(zone: ZoneInfo) -> Iterator[tuple[date, timedelta | None]]:
    """The UTC days on which the offset changes, each with the new offset; the first is the offset at FIRST."""
    day, known = FIRST, None
    while day < LAST:
        offset = day.astimezone(zone).utcoffset()
        if offset != known:
            yield day.date(), offset
        day, known = day + DAY, offset


@cache
def begins(zone: ZoneInfo) -> Mapping[date, datetime]:
    """The first instants of days around changes, found by stepping through time."""
    instants: dict[date, datetime] = {}
    for changed, _ in list(changes(zone))[1:]:
        at = datetime.combine(changed, datetime.min.time(), UTC) - ABOUT * DAY
        end, shown = at + 2 * ABOUT * DAY, at.astimezone(zone).date()
        while at < end:
            at += QUARTER
            today = at.astimezone(zone).date()
            if today != shown:
                assert (at - QUARTER / 15).astimezone(zone).date() != today, f"{zone} changed within a quarter"
                instants.setdefault(today, at)
            shown = today
    return instants


def test_days_begin_at_their_first_instant() -> None:
    assert len(zones()) > 80
    wrong = [(zone.key, day) for zone in zones() for day, at in begins(zone).items() if day_begins(day, zone) != at]
    assert wrong == []
    cairo = {
        day: at for day, at in begins(ZoneInfo("Africa/Cairo")).items() if at.astimezone(ZoneInfo("Africa/Cairo")).hour
    }
    assert cairo[date(2025, 4, 25)] == datetime(2025, 4, 24, 22, tzinfo=UTC)  # its clocks show 01:00


def test_the_previous_period_of_a_day_is_the_whole_day_before() -> None:
    wrong = []
    for zone in zones():
        known = begins(zone)
        for day, at in known.items():
            if day - DAY in known and day + DAY in known:
                window, before = Window(at, known[day + DAY]), Window(known[day - DAY], at)
                if not previous_period(window, zone) == same_elapsed(window, zone) == before:
                    wrong.append((zone.key, day))
                if shift("day", before, window, zone) != Shift("days", 1):
                    wrong.append((zone.key, day))
    assert wrong == []


def test_a_part_of_a_day_is_compared_up_to_the_same_local_time() -> None:
    wrong = []
    for zone in zones():
        known = begins(zone)
        for day, at in known.items():
            if day - DAY in known and day + DAY in known:
                for quarters in (1, 5, 9, 44, 85):
                    end = at + quarters * QUARTER
                    if end >= known[day + DAY]:
                        continue  # of a short day
                    part = same_elapsed(Window(at, end), zone)
                    if part is None or not _is_same_part(part, known[day - DAY], at, end, zone):
                        wrong.append((zone.key, day, quarters, part))
    assert wrong == []


def _is_same_part(part: Window, begin: datetime, end_of_day: datetime, to: datetime, zone: ZoneInfo) -> bool:
    """The part of the day before, up to the local time of `to`, if the day has it."""
    clock = to.astimezone(zone).time()
    quarters = [begin + number * QUARTER for number in range((end_of_day - begin) // QUARTER)]
    shown = [at for at in quarters if at.astimezone(zone).time() == clock]
    ends = shown or quarters[1:]
    return part.from_ == begin and part.to in ends


def test_months_whose_first_day_skips_midnight() -> None:
    """Compares each of the few such months of ten years, in all zones, with the whole month before."""
    months = []
    for zone in zones():
        for day, at in begins(zone).items():
            if day.day == 1 and at.astimezone(zone).hour:
                before = (day - DAY).replace(day=1)
                after = (day + 31 * DAY).replace(day=1)
                window = Window(at, day_begins(after, zone))
                assert previous_period(window, zone) == Window(day_begins(before, zone), at), (zone, day)
                months.append((zone.key, day))
    assert months


@pytest.mark.anyio
async def test_the_engine_begins_days_at_the_same_instants(clickhouse: Engine) -> None:
    """`graph/dsl/buckets.py` relies on `toDateTime` of a date for the start of a day."""
    wrong = []
    async with connect(clickhouse.dsn) as client:
        for zone in zones():
            known = begins(zone)
            if known:
                parameters = {"days": list(known), "zone": zone.key}
                sql = "select arrayMap(day -> toUnixTimestamp(toDateTime(day, {zone:String})), {days:Array(Date)})"
                [(starts,)] = (await client.query(sql, parameters=parameters)).result_rows
                wanted = [int(at.timestamp()) for at in known.values()]
                wrong += [(zone.key, day) for day, a, b in zip(known, starts, wanted, strict=True) if a != b]
    assert wrong == []
