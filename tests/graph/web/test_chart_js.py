"""Charts in a real browser: without a script, with the script by mouse and keyboard, and for axe-core."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import graph.web
from graph.http.server import serving
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
    sparkline,
)
from tests.graph.support.pictures import HOSTILE, counts, time_chart
from tests.support.accessibility import keyboard_problems, violations
from tests.support.browser import Visiting
from tools.browser import View

pytestmark = pytest.mark.anyio

STATIC: Final = Path(graph.web.__file__).parent / "static"
STYLE: Final = """
:root { color-scheme: light dark } body { background: light-dark(#fff, #1a2028); color: light-dark(#111, #eee) }
:focus-visible { outline: 3px solid }
"""
POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:"
LIMITED: Final = [reading(5), reading(7, Quality.PROVISIONAL), reading(9, Quality.PARTIAL)]
LINES: Final = time_chart(Series("MNO-K", LIMITED), Series(HOSTILE, [reading(1), reading(None), reading(3)]))
BARS: Final = time_chart(Series("Delivered", LIMITED, tone=Tone.DELIVERED), Series("Failed", LIMITED, tone=Tone.FAILED))
RANKING: Final = RankingChart("ranking", "Operators", "Operator", COUNT, [Ranked(HOSTILE, reading(5))])
SCATTER: Final = ScatterChart(
    "scatter",
    "Cost",
    "Network",
    "Cost",
    "Rate",
    "Records",
    [Bubble("AWCC", "USD", reading("0.01").value, reading(0.9).value, 5)],
)


def page() -> str:
    body = (
        chart_defs(),
        line_figure(LINES),
        bar_figure(replace(BARS, id="bars")),
        ranking_figure(RANKING),
        scatter_figure(SCATTER),
        Markup("<table><tr><th>Trend<td>{}</table>").format(
            sparkline(replace(time_chart(counts("a", 1, 2)), id="spark"))
        ),
    )
    head = (
        "<!doctype html><html lang='en'><meta name='viewport' content='width=device-width'><title>Charts</title>"
        "<link rel='icon' href='data:,'><link rel='stylesheet' href='/style.css'>"
        "<link rel='stylesheet' href='/charts.css'>"
        "<script type='module' src='/chart.js'></script><main><h1>Charts</h1>"
    )
    return head + "".join(body) + "</main>"


async def site(scope: Scope, receive: Receive, send: Send) -> None:
    path = Request(scope).url.path
    contents = {"/": ("text/html", page()), "/style.css": ("text/css", STYLE)}
    kinds = {".css": "text/css", ".js": "text/javascript"}
    own = {f"/{each.name}": (kinds[each.suffix], each.read_text()) for each in STATIC.glob("chart*")}
    kind, text = {**contents, **own}[path]
    await Response(text, headers={"content-security-policy": POLICY}, media_type=kind)(scope, receive, send)


@pytest.fixture(scope="module")
async def url(anyio_backend: str) -> AsyncIterator[str]:
    async with serving(site, "127.0.0.1", 0) as address:
        yield address


VIEWS: Final = (View(), View(scheme="dark", width=360), View(right_to_left=True))


@pytest.mark.parametrize("view", VIEWS, ids=("light", "dark-phone", "right-to-left"))
async def test_charts_are_accessible_and_fit_the_window(url: str, visit: Visiting, view: View) -> None:
    opened = await visit(url, view)
    assert await violations(opened.page) == []
    assert await keyboard_problems(opened.page) == []
    assert await opened.sideways() <= 0
    shown = "wide" if view.width > 700 else "narrow"
    for chart in ("line-chart", "bar-chart", "ranking-chart", "scatter-chart"):
        visible = opened.page.locator(f"svg.{chart}:visible")
        assert await visible.count() == 1
        assert shown in (await visible.get_attribute("class") or "")


async def test_texts_of_charts_do_not_overlap_or_leave_the_picture(url: str, visit: Visiting) -> None:
    for view in (View(), View(width=360)):
        opened = await visit(url, view)
        assert await opened.page.evaluate(COLLISIONS) == []


# Texts that leave their picture, and pairs of texts that touch.
COLLISIONS: Final = """() => {
  const pictures = [...document.querySelectorAll("svg.chart")].filter((each) => each.checkVisibility());
  const touch = (a, b) =>
    a.left < b.right && b.left < a.right && a.top + 2 < b.bottom - 2 && b.top + 2 < a.bottom - 2;
  return pictures.flatMap((picture) => {
    const { left, right } = picture.getBoundingClientRect();
    const texts = [...picture.querySelectorAll("text")];
    const places = texts.map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
    const outside = places.filter(({ box }) => box.left < left - 1 || box.right > right + 1);
    const pairs = places.flatMap((one, index) => places.slice(index + 1).map((two) => [one, two]));
    const touching = pairs.filter(([one, two]) => touch(one.box, two.box));
    return [...outside.map(({ text }) => text), ...touching.map(([one, two]) => `${one.text} | ${two.text}`)];
  });
}"""


async def test_the_mouse_reads_the_table(url: str, visit: Visiting) -> None:
    opened = await visit(url)
    picture = opened.page.locator("svg.line-chart:visible")
    box = await picture.bounding_box()
    assert box is not None
    readout = opened.page.locator("svg.line-chart:visible + .chart-readout")
    await opened.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 50)
    assert await readout.inner_text() == f"Tue 24 Nov 2026: MNO-K 7 provisional; {shown(HOSTILE)} no data"
    assert await readout.get_attribute("aria-live") == "off"
    assert await picture.locator(".chosen").count() == 1
    await opened.page.mouse.move(0, 0)
    assert await readout.inner_text() == ""
    assert await picture.locator(".chosen, .cursor").count() == 0


async def test_the_keyboard_goes_through_the_times_and_is_announced(url: str, visit: Visiting) -> None:
    opened = await visit(url)
    await opened.page.locator("svg.bar-chart:visible").focus()
    readout = opened.page.locator("svg.bar-chart:visible + .chart-readout")
    said = []
    for key in ("ArrowLeft", "ArrowLeft", "Home", "ArrowLeft", "End", "ArrowRight", "Escape"):
        await opened.page.keyboard.press(key)
        said.append((await readout.inner_text()).partition(":")[0])
    days = ("Wed 25 Nov 2026", "Tue 24 Nov 2026", "Mon 23 Nov 2026")
    assert said == [days[0], days[1], days[2], days[2], days[0], days[0], ""]
    await opened.page.keyboard.press("End")
    assert await readout.inner_text() == "Wed 25 Nov 2026: Delivered 9 partial; Failed 9 partial"
    assert await readout.get_attribute("aria-live") == "polite"


async def test_without_javascript_all_values_are_there(url: str, visit: Visiting) -> None:
    opened = await visit(url, View(javascript=False))
    assert await opened.page.locator("svg.line-chart.wide [data-value]").count() == 5
    assert await opened.page.locator("table[data-table=chart] data").count() == 5
    assert await opened.page.locator("svg[tabindex]").count() == 0


def test_the_script_is_small() -> None:
    assert (STATIC / "chart.js").stat().st_size <= 4096


def shown(text: str) -> str:
    return text.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
