"""The live throughput in a real browser, from a stream framed as GraphQL's subscriptions are."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import graph.web
from graph.gql.streams import event_stream
from graph.http.assets import MISSING, read_asset
from graph.http.server import serving
from tests.support.accessibility import violations
from tests.support.browser import Visit, Visiting
from tools.browser import View

pytestmark = pytest.mark.anyio

STATIC: Final = Path(graph.web.__file__).parent / "static"
POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
START: Final = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
PAGE: Final = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Live</title>
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/charts.css">
<link rel="stylesheet" href="/uplot.min.css">
<script defer src="/uplot.iife.min.js"></script><script type="module" src="/live.js"></script>
<main><h1>Live</h1><figure class="live" data-stream="/stream" data-zone="Asia/Kabul">
<figcaption>Messages per second</figcaption><b data-live-value="tps">no data</b> <i data-live-value="dataAsOf"></i>
<p data-live-state role="status"></p><div class="live-chart"></div></figure></main>"""


def answer(number: int, tps: float) -> Mapping[str, Any]:
    time = (START + timedelta(seconds=5 * number)).isoformat()
    return {"data": {"liveThroughput": {"time": time, "seconds": 5.0, "tps": tps, "dataAsOf": None}}}


STREAMS: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "ends": [answer(number, 2800.1234 + number) for number in (0, 1, 2, 9, 10)],
    "refused": [{"data": None, "errors": [{"message": "<b>Only</b> administrators."}]}],
}


def site_with(answers: Sequence[Mapping[str, Any]]) -> Any:
    """The page, its files, and a stream of these answers that then stays open."""

    async def events() -> AsyncIterator[Mapping[str, Any]]:
        for each in answers:
            yield each
        await asyncio.Event().wait()

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        path = Request(scope).url.path
        response = event_stream(events(), lambda error: {}) if path == "/stream" else file(path)
        response.headers["content-security-policy"] = POLICY
        await response(scope, receive, send)

    return site


def file(path: str) -> Response:
    name = path.removeprefix("/")
    if not name:
        return Response(PAGE, media_type="text/html")
    if name.startswith("uplot"):
        asset = read_asset(name)
        assert asset is not None, MISSING
        return Response(asset.packed, headers={"content-encoding": "gzip"}, media_type=asset.media_type)
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    return Response((STATIC / name).read_text(), media_type=kinds[Path(name).suffix])


@pytest.fixture(scope="module", params=STREAMS)
async def stream(anyio_backend: str, request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, str]]:
    """The name of a stream, and the address of a page that follows it."""
    async with serving(site_with(STREAMS[request.param]), "127.0.0.1", 0) as address:
        yield request.param, address


async def test_the_figure_follows_the_stream(stream: tuple[str, str], visit: Visiting) -> None:
    name, url = stream
    opened = await visit(url, View(width=360, scheme="dark"))
    value, state = (opened.page.locator(f"[{each}]") for each in ("data-live-value=tps", "data-live-state"))
    if name == "refused":
        await state.get_by_text("No live figures: <b>Only</b> administrators.").wait_for()
        assert await value.inner_text() == "no data"
        return
    await value.get_by_text("2,810.1234").wait_for()
    assert await value.get_attribute("data-value") == "2810.1234"
    assert await opened.page.locator("[data-live-value=dataAsOf]").inner_text() == "no data"
    assert await state.inner_text() == ""
    assert await inked(opened)
    assert await violations(opened.page) == []
    assert await opened.sideways() <= 0


async def inked(visit: Visit) -> bool:
    """Whether the canvas has marks in the colour of the first series, and none in the pause of 35 seconds."""
    return bool(await visit.page.evaluate(INKED))


# The columns of the canvas that have the line's colour: from the first value to the third, and the last two.
INKED: Final = """() => {
  const canvas = document.querySelector(".live-chart canvas");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const [red, green, blue] = getComputedStyle(document.querySelector(".live-chart")).fill.match(/[0-9]+/g).map(Number);
  const near = (at) =>
    data[at + 3] > 0 && Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 60;
  const rows = [...Array(height).keys()];
  const columns = [...Array(width).keys()].filter((x) => rows.some((y) => near(4 * (y * width + x))));
  const widest = Math.max(...columns.slice(1).map((x, index) => x - columns[index]));
  return columns.length > 20 && widest > width / 4;
}"""


def test_the_script_is_small() -> None:
    assert (STATIC / "live.js").stat().st_size <= 4096
