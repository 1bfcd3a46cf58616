"""The table that answers, and the reasons against cheaper ones."""

from collections.abc import Mapping
from typing import Any

import pytest

from graph.dsl.compile import compile_query
from graph.dsl.parse import parse
from graph.dsl.plan import unmasked
from graph.dsl.scope import AllTenants, OneTenant
from schema.catalog import DATASETS


def source(dataset: str, time: tuple[str, str], granularity: str = "none", zone: str = "UTC", **members: Any) -> str:
    """The table if it is a cube, otherwise the reasons, without those of daily cubes (hourly cubes have some, too)."""
    measure = DATASETS[dataset].measures[0].name
    window = {"from": f"{time[0]}Z", "to": f"{time[1]}Z", "granularity": granularity, "timezone": zone}
    query = {"dataset": dataset, "measures": [measure], "time": window} | members
    compiled = compile_query(parse(query), AllTenants(), None)
    if compiled.source.startswith("cube_"):
        return compiled.source
    return " ".join(reason for reason in compiled.reasons if "_daily" not in reason)


OCTOBER = ("2026-10-01T00:00:00", "2026-11-01T00:00:00")
BERLIN_OCTOBER = ("2026-09-30T22:00:00", "2026-10-31T23:00:00")
HOURS = "cube_dlr_hourly holds UTC hours: "
RECORDS = "cube_cdr_hourly holds UTC hours: "


@pytest.mark.parametrize(
    ("dataset", "time", "granularity", "zone", "expected"),
    [
        ("dlr", OCTOBER, "none", "Asia/Kabul", "cube_dlr_daily"),
        ("dlr", OCTOBER, "day", "UTC", "cube_dlr_daily"),
        ("dlr", OCTOBER, "week", "Africa/Abidjan", "cube_dlr_daily"),
        ("dlr", ("2026-10-01T01:00:00", "2026-11-01T00:00:00"), "day", "UTC", "cube_dlr_hourly"),
        ("dlr", OCTOBER, "day", "Europe/Berlin", "cube_dlr_hourly"),
        ("dlr", OCTOBER, "hour", "Europe/Berlin", "cube_dlr_hourly"),
        ("dlr", BERLIN_OCTOBER, "month", "Europe/Berlin", "cube_dlr_hourly"),
        ("dlr", OCTOBER, "minute", "UTC", f"{HOURS}minutes in UTC cut through them."),
        ("dlr", OCTOBER, "day", "Asia/Kabul", f"{HOURS}days in Asia/Kabul cut through them."),
        ("dlr", OCTOBER, "hour", "Asia/Kathmandu", f"{HOURS}hours in Asia/Kathmandu cut through them."),
        ("dlr", OCTOBER, "day", "Australia/Lord_Howe", f"{HOURS}days in Australia/Lord_Howe cut through them."),
        (
            "dlr",
            ("2026-10-01T00:00:00", "2026-10-01T00:01:00"),
            "none",
            "UTC",
            f"{HOURS}2026-10-01T00:00:00+00:00 to 2026-10-01T00:01:00+00:00 cuts through one.",
        ),
        ("cdr", OCTOBER, "week", "UTC", "cube_cdr_daily"),
        ("cdr", OCTOBER, "day", "Atlantic/Reykjavik", "cube_cdr_daily"),
        ("cdr", OCTOBER, "hour", "UTC", "cube_cdr_hourly"),
        ("cdr", OCTOBER, "day", "Europe/London", "cube_cdr_hourly"),
        ("cdr", OCTOBER, "day", "Asia/Kabul", f"{RECORDS}days in Asia/Kabul cut through them."),
        ("cdr", ("2026-11-01T00:00:00", "2026-12-01T00:00:00"), "day", "Europe/London", "cube_cdr_daily"),
        ("compliance", OCTOBER, "day", "Asia/Tashkent", "cube_compliance_hourly"),
    ],
)
def test_a_cube_answers_when_buckets_and_windows_are_whole_cells(
    dataset: str, time: tuple[str, str], granularity: str, zone: str, expected: str
) -> None:
    assert source(dataset, time, granularity, zone) == expected


def test_a_cube_without_a_dimension_or_part_cannot_answer() -> None:
    assert source("compliance", OCTOBER, dimensions=["ruleType"]) == "cube_compliance_hourly has no ruleType."
    missing = source("dlr", OCTOBER, filter={"not": {"field": "errorCode", "op": "isNull"}}, dimensions=["accountId"])
    assert missing == "cube_dlr_hourly has no accountId. cube_dlr_hourly has no errorCode."


def test_the_previous_window_is_read_from_the_same_table() -> None:
    whole = source("cdr", OCTOBER, compareTo="previousPeriod")
    assert whole == "cube_cdr_daily"
    day = ("2026-10-07T00:00:00", "2026-10-08T00:00:00")
    assert source("cdr", (day[0], "2026-10-07T13:00:00"), compareTo="sameElapsed") == "cube_cdr_hourly"
    part = source("cdr", (day[0], "2026-10-07T13:00:01"), compareTo="sameElapsed")
    assert part.startswith(RECORDS)
    assert part.count("cuts through one.") == 2


def test_daily_cubes_have_all_measures_of_reports_but_percentiles() -> None:
    percentiles = ["p50LatencyMs", "p95LatencyMs", "p99LatencyMs"]
    names = [measure.name for measure in DATASETS["dlr"].measures]
    assert source("dlr", OCTOBER, measures=[name for name in names if name not in percentiles]) == "cube_dlr_daily"
    for name in percentiles:
        assert source("dlr", OCTOBER, measures=["messages", name]) == "cube_dlr_hourly"
        having = {"field": name, "op": "gt", "value": 100}
        assert source("dlr", OCTOBER, measures=["messages"], having=having) == "cube_dlr_hourly"


def test_the_reasons_for_hours_instead_of_days() -> None:
    window = {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T06:00:00Z", "granularity": "day"}
    query = {"dataset": "dlr", "measures": ["p95LatencyMs", "p99LatencyMs"], "time": window}
    compiled = compile_query(parse(query), AllTenants(), None)
    assert (compiled.source, compiled.reasons) == (
        "cube_dlr_hourly",
        (
            "cube_dlr_daily has no p95LatencyMs.",
            "cube_dlr_daily has no p99LatencyMs.",
            "cube_dlr_daily holds UTC days: 2026-10-01T00:00:00+00:00 to 2026-11-01T06:00:00+00:00 cuts through one.",
        ),
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, ()),
        ({"dimensions": ["lane"]}, ()),
        ({"dimensions": ["lane", "mno"]}, ("mno",)),
        ({"filter": {"not": {"field": "destinationPrefix", "op": "eq", "value": "9370"}}}, ("destinationPrefix",)),
        ({"dimensions": ["mno", "operatorId"]}, ("operatorId", "mno")),
    ],
)
def test_dimensions_that_an_addendum_unmasks(members: Mapping[str, Any], expected: tuple[str, ...]) -> None:
    """Only for a tenant with an addendum; nothing is unmasked for the platform and for other tenants."""
    window = {"from": f"{OCTOBER[0]}Z", "to": f"{OCTOBER[1]}Z"}
    query = parse({"dataset": "dlr", "measures": ["messages"], "time": window, **members})
    assert unmasked(compile_query(query, OneTenant("t-1", None), None).plan) == expected
    assert unmasked(compile_query(query, AllTenants(), None).plan) == ()
    if set(expected) <= {"mno"}:
        assert unmasked(compile_query(query, OneTenant("t-1", (("AWCC", "MNO-Q"),)), None).plan) == ()
