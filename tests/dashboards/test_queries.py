"""Every query of every panel, and of every variable, asked of the stores of a service that runs: each finds data."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from dashboards.files import BOARDS
from dashboards.sources import CLICKHOUSE, PROMETHEUS, clickhouse, statement
from tests.support.boards import panels, variables
from tests.support.watched import Watched
from tools.grafana import filling
from tools.grafana.asking import Answer, Series, Table, ask, ask_clickhouse
from tools.grafana.filling import All, Choices, Window

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


def moments(service: Watched) -> Window:
    return Window(service.until - timedelta(seconds=20), service.until, SCRAPE, SCRAPE)


def days(service: Watched) -> Window:
    return Window(service.until - timedelta(days=7), service.until, timedelta(hours=2))


async def answer(target: Mapping[str, Any], service: Watched, **choices: Any) -> Answer:
    window = moments(service) if target["datasource"] == PROMETHEUS.ref else days(service)
    return await ask(target, service.to, window, {**CHOICES, **choices})


@pytest.mark.parametrize("name", TARGETS)
async def test_a_panel_finds_data(service: Watched, name: str) -> None:
    found = await answer(TARGETS[name], service)
    assert found.rows if isinstance(found, Table) else any(found.values())


@pytest.mark.parametrize(("name", "values"), [("mno", MNOS), ("currency", ["AFN", "USD"])])
async def test_a_variable_offers_what_there_is(service: Watched, name: str, values: list[str]) -> None:
    text = filling.clickhouse(QUERIED[name], days(service), {})
    found = await ask_clickhouse(service.to.clickhouse, text)
    assert [row[0] for row in found.rows] == values


@pytest.mark.parametrize(("name", "some"), [("lane", {"OTP", "TRANSACTIONAL"}), ("prefix", set(PREFIXES))])
async def test_a_variable_offers_each_value_once(service: Watched, name: str, some: set[str]) -> None:
    text = filling.clickhouse(QUERIED[name], days(service), {})
    found = [row[0] for row in (await ask_clickhouse(service.to.clickhouse, text)).rows]
    assert some <= set(found)
    assert sorted(set(found)) == found


@pytest.mark.parametrize("name", ["delivery_rate", "tps_utilisation"])
async def test_facts_say_of_all_prefixes_what_the_cube_says(service: Watched, name: str) -> None:
    target = clickhouse(statement("reports", name))
    cube, facts = [await settled(target, service, chosen) for chosen in (EVERYTHING, PREFIXES)]
    assert cube
    assert cube == facts


async def test_facts_and_digests_agree_on_latency(service: Watched) -> None:
    target = clickhouse(statement("reports", "latency_p95"))
    cube, facts = [await settled(target, service, chosen) for chosen in (EVERYTHING, PREFIXES)]
    assert cube.keys() == facts.keys() >= {"OTP", "TRANSACTIONAL"}
    for lane in cube:
        assert [at for at, _ in cube[lane]] == [at for at, _ in facts[lane]]
        assert [value for _, value in cube[lane]] == pytest.approx([value for _, value in facts[lane]], rel=0.01)


async def test_a_prefix_of_another_network_has_no_reports(service: Watched) -> None:
    assert await answer(clickhouse(statement("reports", "delivery_rate")), service, prefix=["9372"]) == {}


async def test_utilisation_is_of_the_capacity_that_is_given(service: Watched) -> None:
    target = clickhouse(statement("reports", "tps_utilisation"))
    (highest,) = series(await answer(target, service)).values()
    (given,) = series(await answer(target, service, capacity=["ROSHAN=7, AWCC=1000"])).values()
    factor = given[0][1] / highest[0][1]
    assert max(value for _, value in highest) == 1
    assert [value for _, value in given] == pytest.approx([factor * value for _, value in highest])
    assert 0 < factor < 0.1  # the demo's busiest second on AWCC's links has some dozens of messages at most


def series(found: Answer) -> Series:
    """What a panel draws as lines."""
    assert not isinstance(found, Table)
    return found


async def settled(target: Mapping[str, Any], service: Watched, prefixes: Any) -> Any:
    """What the hours say that were over when live traffic began."""
    window = Window(service.until - timedelta(days=7), service.until - timedelta(hours=2), timedelta(hours=2))
    return await ask(target, service.to, window, {**CHOICES, "prefix": prefixes})
