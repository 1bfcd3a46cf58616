"""Runs every query of every panel and variable against a service under traffic: each finds data."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from dashboards.files import BOARDS
from dashboards.sources import CLICKHOUSE, PROMETHEUS, clickhouse, statement
from tests.support.boards import panels, variables
from tests.support.monitored_service import MonitoredService
from tools.grafana import interpolation
from tools.grafana.interpolation import All, Choices, Window
from tools.grafana.querying import QueryResult, Rows, Series, query_clickhouse, run_query

pytestmark = pytest.mark.anyio

SCRAPE = timedelta(seconds=1)
MNOS = ["AWCC", "ETISALAT_AF", "MTN_AF", "ROSHAN", "SALAAM"]
LANES = ["MARKETING", "OTP", "P0_EMERGENCY", "TRANSACTIONAL"]
PREFIXES = ["9370", "9371"]  # AWCC's
EVERYTHING = All("'*'")
CHOICES: Choices = {
    "mno": ["AWCC"],
    "lane": LANES,
    "prefix": EVERYTHING,
    "capacity": [""],
    "currency": ["USD"],
    "job": All("anlyt.*"),
}
TARGETS = {
    f"{board.uid}: {panel['title']} {target['refId']}": target
    for board in BOARDS
    for panel in panels(board.json())
    for target in panel["targets"]
}
QUERIED = {
    variable["name"]: variable["query"]
    for board in BOARDS
    for variable in variables(board.json()).values()
    if variable["type"] == "query" and variable["datasource"] == CLICKHOUSE.ref
}


def last_seconds(service: MonitoredService) -> Window:
    return Window(service.until - timedelta(seconds=20), service.until, SCRAPE, SCRAPE)


def days(service: MonitoredService) -> Window:
    return Window(service.until - timedelta(days=7), service.until, timedelta(hours=2))


async def result_of(target: Mapping[str, Any], service: MonitoredService, **choices: Any) -> QueryResult:
    window = last_seconds(service) if target["datasource"] == PROMETHEUS.ref else days(service)
    return await run_query(target, service.to, window, {**CHOICES, **choices})


@pytest.mark.parametrize("name", TARGETS)
async def test_a_panel_finds_data(service: MonitoredService, name: str) -> None:
    result = await result_of(TARGETS[name], service)
    assert result.rows if isinstance(result, Rows) else any(result.values())


@pytest.mark.parametrize(("name", "values"), [("mno", MNOS), ("currency", ["AFN", "USD"])])
async def test_a_variable_offers_the_values_in_the_data(
    service: MonitoredService, name: str, values: list[str]
) -> None:
    text = interpolation.clickhouse(QUERIED[name], days(service), {})
    result = await query_clickhouse(service.to.clickhouse, text)
    assert [row[0] for row in result.rows] == values


@pytest.mark.parametrize(("name", "some"), [("lane", {"OTP", "TRANSACTIONAL"}), ("prefix", set(PREFIXES))])
async def test_a_variable_offers_each_value_once(service: MonitoredService, name: str, some: set[str]) -> None:
    text = interpolation.clickhouse(QUERIED[name], days(service), {})
    result = [row[0] for row in (await query_clickhouse(service.to.clickhouse, text)).rows]
    assert some <= set(result)
    assert sorted(set(result)) == result


@pytest.mark.parametrize("name", ["delivery_rate", "tps_utilisation"])
async def test_facts_with_all_prefixes_equal_the_cube(service: MonitoredService, name: str) -> None:
    target = clickhouse(statement("reports", name))
    cube, facts = [await past_hours(target, service, chosen) for chosen in (EVERYTHING, PREFIXES)]
    assert cube
    assert cube == facts


async def test_facts_and_digests_agree_on_latency(service: MonitoredService) -> None:
    target = clickhouse(statement("reports", "latency_p95"))
    cube, facts = [await past_hours(target, service, chosen) for chosen in (EVERYTHING, PREFIXES)]
    assert cube.keys() == facts.keys() >= {"OTP", "TRANSACTIONAL"}
    for lane in cube:
        assert [at for at, _ in cube[lane]] == [at for at, _ in facts[lane]]
        assert [value for _, value in cube[lane]] == pytest.approx([value for _, value in facts[lane]], rel=0.01)


async def test_a_prefix_of_another_network_has_no_reports(service: MonitoredService) -> None:
    assert await result_of(clickhouse(statement("reports", "delivery_rate")), service, prefix=["9372"]) == {}


async def test_utilisation_uses_the_given_capacity(service: MonitoredService) -> None:
    target = clickhouse(statement("reports", "tps_utilisation"))
    (highest,) = series(await result_of(target, service)).values()
    (with_capacity,) = series(await result_of(target, service, capacity=["ROSHAN=7, AWCC=1000"])).values()
    factor = with_capacity[0][1] / highest[0][1]
    assert max(value for _, value in highest) == 1
    assert [value for _, value in with_capacity] == pytest.approx([factor * value for _, value in highest])
    assert 0 < factor < 0.1  # the demo's busiest second on AWCC's links has some dozens of messages at most


def series(result: QueryResult) -> Series:
    """A result that a panel shows as series."""
    assert not isinstance(result, Rows)
    return result


async def past_hours(target: Mapping[str, Any], service: MonitoredService, prefixes: Any) -> Any:
    """The result for the hours before live traffic began."""
    window = Window(service.until - timedelta(days=7), service.until - timedelta(hours=2), timedelta(hours=2))
    return await run_query(target, service.to, window, {**CHOICES, "prefix": prefixes})
