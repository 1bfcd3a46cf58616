"""Charts as pages show them."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from graph.web.charts import (
    COUNT,
    Bubble,
    Quality,
    Ranked,
    RankingChart,
    ScatterChart,
    Series,
    Tone,
    bar_figure,
    chart_defs,
    line_figure,
    ranking_figure,
    reading,
    scatter_figure,
)
from tests.graph.support.pictures import counts, parsed, time_chart

ALL = [reading(1, each) for each in Quality if each is not Quality.SUPPRESSED] + [reading(None, Quality.SUPPRESSED)]
LIMITED = time_chart(
    Series("Delivered", ALL, tone=Tone.DELIVERED),
    Series("Failed", ALL, tone=Tone.FAILED),
    Series("c", ALL, before=True),
)
RANKING = RankingChart("top", "Top", "Operator", COUNT, [Ranked("a", each) for each in ALL])
SCATTER = ScatterChart(
    "cost", "Cost", "Network", "Cost", "Rate", "Records", [Bubble("a", "USD", None, None, 1, ALL[0].qualities)]
)
FIGURES: list[Callable[[], Markup]] = [
    lambda: line_figure(LIMITED),
    lambda: bar_figure(LIMITED),
    lambda: ranking_figure(RANKING),
    lambda: scatter_figure(SCATTER),
    lambda: line_figure(time_chart()),
]


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_has_two_pictures_a_table_and_unique_ids(draw: Callable[[], Markup]) -> None:
    root = parsed(draw())
    pictures = [each.attrib["class"].split()[-1] for each in root.iter("svg") if each.get("role") == "img"]
    assert pictures == ["wide", "narrow"]
    assert len(list(root.iter("table"))) == 1
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(ids) == len(set(ids))
    named = {name for each in root.iter() for name in each.get("aria-labelledby", "").split()}
    assert named <= set(ids)


@pytest.mark.parametrize("draw", FIGURES)
def test_every_pattern_and_marker_is_defined_once(draw: Callable[[], Markup]) -> None:
    defined = [each.attrib["id"] for each in parsed(chart_defs()).iter() if "id" in each.attrib]
    assert len(defined) == len(set(defined))
    assert references(parsed(draw())) <= set(defined)


def references(root: ET.Element) -> set[str]:
    fills = {each.attrib["fill"] for each in root.iter() if each.get("fill", "").startswith("url(#")}
    uses = {each.attrib["href"].removeprefix("#") for each in root.iter("use")}
    return uses | {each.removeprefix("url(#").removesuffix(")") for each in fills}


@pytest.mark.parametrize("draw", FIGURES[:3])
def test_the_key_explains_every_quality_that_occurs(draw: Callable[[], Markup]) -> None:
    names = [each.text for each in parsed(draw()).iter("span") if each.get("class") == "name"]
    assert names[-6:] == ["partial", "provisional", "interpolated", "estimated", "low sample", "suppressed"]


def test_the_key_names_what_colours_mean() -> None:
    names = [each.text for each in parsed(bar_figure(LIMITED)).iter("span") if each.get("class") == "name"]
    assert names[:2] == ["Delivered", "Failed"]
    names = [each.text for each in parsed(line_figure(LIMITED)).iter("span") if each.get("class") == "name"]
    assert names[0] == "the period before"


def test_complete_values_need_no_key() -> None:
    assert not list(parsed(line_figure(time_chart(counts("a", 1, 2)))).iter("ul"))


def test_no_html_element_is_closed_at_once() -> None:
    root = parsed(line_figure(LIMITED))
    svg = {id(each) for picture in root.iter("svg") for each in picture.iter()}
    assert not [each.tag for each in root.iter() if id(each) not in svg and not len(each) and each.text is None]
