"""Headless Chromium, and how a person looks at a page with it: for the tests and the pictures of pages."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from playwright.async_api import Browser, BrowserContext, async_playwright

from tools.assets import NODE
from tools.chromium import program

__all__ = ["SCHEMES", "Browser", "Certificate", "Scheme", "View", "chromium", "open_context"]

# Containers have little shared memory. Shades of grey look the same on each machine.
OPTIONS: Final = ("--disable-dev-shm-usage", "--disable-gpu", "--disable-lcd-text", "--font-render-hinting=none")

PATIENCE: Final = 120_000  # ms, for a page on a busy machine

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = get_args(Scheme)


@dataclass(frozen=True, slots=True)
class View:
    """The browser of a person: its window in CSS pixels, its preferences, and the headers that say who she is.

    `scale`: pixels of the screen per CSS pixel. `certificate`: what she identifies herself with, over TLS.
    """

    width: int = 1280
    height: int = 800
    scale: int = 1
    scheme: Scheme = "light"
    right_to_left: bool = False
    reduced_motion: bool = False
    javascript: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    certificate: "Certificate | None" = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client's certificate and key, as PEM files, for one origin. Its server's authority is not checked."""

    origin: str
    certificate: Path
    key: Path


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Yields a running Chromium. Raises AssertionError with advice if there is none."""
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE)  # `make` removes the Node.js that Playwright's wheel has, too
    # The sandbox needs rights that root in a container has not.
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=program(), args=OPTIONS, chromium_sandbox=False) as browser,
    ):
        yield browser


async def open_context(browser: Browser, view: View) -> BrowserContext:
    """A browser profile of its own: no cookies, an empty cache, and the preferences of `view`."""
    own = view.certificate
    context = await browser.new_context(
        viewport={"width": view.width, "height": view.height},
        device_scale_factor=view.scale,
        color_scheme=view.scheme,
        reduced_motion="reduce" if view.reduced_motion else "no-preference",
        java_script_enabled=view.javascript,
        extra_http_headers=dict(view.headers),
        locale="en-GB",
        timezone_id="UTC",
        client_certificates=[{"origin": own.origin, "certPath": own.certificate, "keyPath": own.key}] if own else [],
        ignore_https_errors=own is not None,
    )
    context.set_default_timeout(PATIENCE)
    return context
