"""Each dashboard follows Grafana's schema and the linter's rules. Each rule notices a dashboard that breaks it."""

import asyncio
import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dashboards.files import BOARDS, FOLDER
from tests.support.boards import panels, problems, targets, variables
from tests.support.npm import run_node
from tests.support.prometheus import alerts
from tools.export import ROOT

WRITTEN = {board.uid: json.loads((ROOT / FOLDER / f"{board.uid}.json").read_text()) for board in BOARDS}


@dataclass(frozen=True, slots=True)
class Schemas:
    """JSON Schemas made from Grafana's TypeScript types: of dashboards, and definitions per kind of panel."""

    dashboard: Any
    panels: Mapping[str, Any]

    def of_panel(self, kind: str, name: str) -> jsonschema.Draft7Validator:
        """A validator of one definition of a kind of panel: `Options` or `FieldConfig`."""
        return jsonschema.Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": self.panels[kind]})


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    kinds = sorted({panel["type"] for board in WRITTEN.values() for panel in panels(board)})
    script = Path(__file__).with_name("schemas.cjs")
    return Schemas(**json.loads(asyncio.run(run_node(script, *kinds))))


@pytest.mark.parametrize("name", WRITTEN)
def test_grafana_can_read_it(schemas: Schemas, name: str) -> None:
    jsonschema.Draft7Validator(schemas.dashboard).validate(WRITTEN[name])


@pytest.mark.parametrize("name", WRITTEN)
def test_the_options_of_its_panels_are_valid(schemas: Schemas, name: str) -> None:
    for panel in panels(WRITTEN[name]):
        custom = panel["fieldConfig"]["defaults"].get("custom")
        schemas.of_panel(panel["type"], "Options").validate(panel["options"])
        if custom is not None:
            schemas.of_panel(panel["type"], "FieldConfig").validate(custom)


@pytest.mark.parametrize("name", WRITTEN)
def test_it_follows_the_rules_of_the_linter(name: str) -> None:
    assert problems(WRITTEN[name]) == []


def test_the_schema_notices_what_grafana_would_not_read(schemas: Schemas) -> None:
    broken = copy.deepcopy(WRITTEN["pipeline"])
    broken["panels"][1]["gridPos"]["w"] = "wide"
    broken["style"] = "dark"
    assert not jsonschema.Draft7Validator(schemas.dashboard).is_valid(broken)
    options = panels(WRITTEN["finance"])[0]["options"]
    assert not schemas.of_panel("xychart", "Options").is_valid(options | {"mapping": "dims"})


def _overlapping(board: Any) -> None:
    panels(board)[1]["gridPos"]["x"] -= 1


def _set(place: Callable[[Any], Any], name: str, value: Any) -> Callable[[Any], None]:
    def change(board: Any) -> None:
        place(board)[name] = value

    return change


BROKEN = {
    "is not chosen by a variable": _set(
        lambda board: targets(board)[0], "datasource", {"type": "prometheus", "uid": "1"}
    ),
    "is used by no query": _set(lambda board: board, "panels", []),
    "not queried again": _set(lambda board: variables(board)["job"], "refresh", 1),
    "lacks a title": _set(lambda board: panels(board)[0], "description", ""),
    "lacks a title of its own": _set(lambda board: panels(board)[0], "title", "Messages waiting"),
    "has no unit": _set(lambda board: panels(board)[0]["fieldConfig"]["defaults"], "unit", "bananas"),
    "asks nothing": _set(lambda board: panels(board)[0], "targets", []),
    "neither $__rate_interval": _set(lambda board: targets(board)[0], "expr", 'rate(anlyt_a_total{job=~"$job"}[1m])'),
    "without rate": _set(lambda board: targets(board)[0], "expr", 'sum(anlyt_a_total{job=~"$job"})'),
    "not limited to the chosen job": _set(lambda board: targets(board)[0], "expr", "anlyt_a"),
    "used but not declared": _set(lambda board: targets(board)[0], "expr", 'up{job=~"$job",instance="$instance"}'),
    "have the id": _set(lambda board: panels(board)[0], "id", 1),
    "overlaps": _overlapping,
    "beyond the 24th": _set(lambda board: panels(board)[0]["gridPos"], "w", 25),
    "links to no runbook": _set(lambda board: panels(board)[0], "links", []),
    "a missing one": _set(lambda board: panels(board)[0]["links"][0], "url", "${runbooks:raw}/nothing.md"),
    "edits in Grafana": _set(lambda board: board, "editable", True),
    "reads a tenant or an account": _set(
        lambda board: targets(board)[0], "rawSql", "select tenant_id from anlyt.facts_dlr"
    ),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_each_rule_notices_what_breaks_it(sentence: str) -> None:
    board = copy.deepcopy(WRITTEN["pipeline"])
    BROKEN[sentence](board)
    assert [problem for problem in problems(board) if sentence in problem]


def test_every_alert_has_a_panel_that_leads_to_its_runbook() -> None:
    linked = {
        link["title"].removeprefix("Runbook: ")
        for board in WRITTEN.values()
        for p in panels(board)
        for link in p["links"]
    }
    assert {alert["alert"] for alert in alerts()} <= linked


def test_every_mno_has_a_row_of_the_four_panels_of_the_story() -> None:
    """US-ANLYT-16: delivery rate (line), DLR latency P95 (heatmap), ESME errors (stacked bars), TPS utilisation."""
    board = WRITTEN["mno-quality"]
    (row,) = [panel for panel in board["panels"] if panel.get("repeat") == "mno"]
    below = [panel for panel in panels(board) if panel["gridPos"]["y"] > row["gridPos"]["y"]]
    assert [panel["type"] for panel in below] == ["timeseries", "heatmap", "timeseries", "timeseries"]
    custom = below[2]["fieldConfig"]["defaults"]["custom"]
    assert (custom["drawStyle"], custom["stacking"]["mode"]) == ("bars", "normal")
    assert {"lane", "prefix"} <= variables(board).keys()
    assert board["time"]["from"] == "now-7d"


def test_the_scatter_has_the_axes_of_the_story() -> None:
    """US-ANLYT-18: cost per delivered SMS, delivery rate, and volume as the bubble's size; refreshed by itself."""
    board = WRITTEN["finance"]
    (scatter,) = [panel for panel in panels(board) if panel["type"] == "xychart"]
    (series,) = scatter["options"]["series"]
    axes = {axis: series[axis]["matcher"]["options"] for axis in ("x", "y", "size")}
    assert axes == {"x": "cost per delivered SMS", "y": "delivery rate", "size": "messages"}
    assert board["refresh"] == "15m"
