"""Visits of pages with a real Chromium, which collect what a page must not do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Page, Request

from tools.browser import Browser, View, open_context

DESKTOP: Final = View()
# Chromium gives up the streams of a page that it leaves, and the bodies of refusals, which it has logged.
ABANDONED: Final = "net::ERR_ABORTED"
REFUSED: Final = "Failed to load resource"
TURN: Final = "(direction) => { document.documentElement.dir = direction }"


@dataclass  # without slots: Playwright marks the objects whose methods it calls
class Visit:
    """A page in a browser, its requests, and its complaints: errors, violations of its policy, foreign requests."""

    page: Page
    origin: str
    address: str = ""
    requests: list[Request] = field(default_factory=list)
    ended: set[Request] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    async def go(self, url: str, status: int = 200) -> None:
        """Shows `url`. Raises AssertionError if the page has another status."""
        self.address = url
        response = await self.page.goto(url, wait_until="load")
        assert response is not None
        assert response.status == status, f"{url}: {response.status}, {await response.text()}"

    async def look(self, view: View) -> None:
        """Shows the page as it is with the width, the scheme and the direction of another view, without loading it."""
        await self.page.set_viewport_size({"width": view.width, "height": view.height})
        await self.page.emulate_media(
            color_scheme=view.scheme, reduced_motion="reduce" if view.reduced_motion else "no-preference"
        )
        await self.page.evaluate(TURN, "rtl" if view.right_to_left else "ltr")

    async def settle(self) -> None:
        """Waits until each request has ended, but for streams of events, which do not end."""
        while any(request not in self.ended and request.resource_type != "eventsource" for request in self.requests):
            await asyncio.sleep(0.01)

    async def weight(self) -> int:
        """The transferred bytes of all answers' bodies, as compressed."""
        await self.settle()
        transferred = [request for request in self.requests if request in self.ended and not _is_inline(request)]
        return sum([(await request.sizes())["responseBodySize"] for request in transferred])

    async def sideways(self) -> int:
        """How many CSS pixels of the page are beyond the window's width."""
        pixels: int = await self.page.evaluate(
            "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        )
        return pixels

    def record(self, request: Request) -> None:
        self.requests.append(request)
        if not _is_inline(request) and _origin(request.url) != self.origin:
            self.complaints.append(f"request to another origin: {request.url}")

    def record_end(self, request: Request) -> None:
        self.ended.add(request)

    def record_failure(self, request: Request) -> None:
        self.ended.add(request)
        if request.failure != ABANDONED:
            self.complaints.append(f"{request.url}: {request.failure}")

    def record_message(self, message: ConsoleMessage) -> None:
        # `go` compares the page's own status, which Chromium also reports.
        own_status = message.text.startswith(REFUSED) and message.location["url"] in {self.address, self.page.url}
        if message.type in {"error", "warning"} and not own_status:
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")


@asynccontextmanager
async def visiting(browser: Browser, url: str, view: View, status: int = 200) -> AsyncIterator[Visit]:
    """Yields a visit of `url` with a profile of its own."""
    async with await open_context(browser, view) as context:
        visit = Visit(await context.new_page(), _origin(url))
        visit.page.on("request", visit.record)
        visit.page.on("requestfinished", visit.record_end)
        visit.page.on("requestfailed", visit.record_failure)
        visit.page.on("console", visit.record_message)
        visit.page.on("pageerror", lambda error: visit.complaints.append(f"exception: {error}"))
        await visit.go(url, status)
        if view.right_to_left:
            await visit.page.evaluate(TURN, "rtl")
        yield visit


class Visiting(Protocol):
    """Opens a page in a profile of its own. Raises AssertionError if it has another status."""

    async def __call__(self, url: str, view: View = ..., *, status: int = ...) -> Visit: ...


@asynccontextmanager
async def visits(browser: Browser) -> AsyncIterator[Visiting]:
    """Yields what opens pages. Raises AssertionError at the end if any of them has complaints."""
    opened: list[Visit] = []
    async with AsyncExitStack() as stack:

        async def open_page(url: str, view: View = DESKTOP, *, status: int = 200) -> Visit:
            opened.append(await stack.enter_async_context(visiting(browser, url, view, status)))
            return opened[-1]

        yield open_page
        complaints = [complaint for visit in opened for complaint in visit.complaints]
        assert not complaints, "\n".join(complaints)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_inline(request: Request) -> bool:
    return urlsplit(request.url).scheme in {"data", "blob"}
