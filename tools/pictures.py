"""`make pictures` takes the pictures of pages in `docs/pictures`, light and dark, with the browser of the tests.

It starts a demo with a week of history for that. `python -m tools.pictures URL` takes them of one that runs already.
"""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from PIL import Image

from commands.dev import COMPLETE
from infra.endpoints import FILE, Endpoints
from tools.browser import SCHEMES, Browser, Scheme, View, chromium, open_context

FOLDER: Final = Path("docs/pictures")
LARGEST: Final = 200_000  # bytes
COLOURS: Final = 256
SCALE: Final = 2  # sharp letters with even spaces
PORTS: Final = ("ANLYT_API_PORT", "ANLYT_METRICS_PORT", "ANLYT_AUDIT_PORT")

ADMIN: Final = {"X-Caller": "admin-dashboard"}
FINANCE: Final = {"X-Caller": "finance-dashboard"}
CUSTOMER: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-001", "X-Account-Id": "acc-0001"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a caller sees it. `name`: of its files. `click`: what is clicked first. `shown`: what is waited for.

    `height`: of the window, in CSS pixels.
    """

    name: str
    path: str
    headers: Mapping[str, str]
    click: str = ""
    shown: str = ""
    height: int = 800


PICTURES: Final = (
    Picture("overview", "/", ADMIN),
    Picture("dashboard", "/dashboard?last=24h", ADMIN, shown="[data-live-value=tps][data-value]", height=1260),
    Picture("network-quality", "/insights/mno-quality?last=7d", CUSTOMER),
    Picture("graphiql", "/graphql", {}, ".graphiql-execute-button", ".result-window .cm-number"),
)


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo on free ports. Raises RuntimeError if it does not start; its output says why."""
    with TemporaryDirectory() as home:
        settings = {"ANLYT_HOME": home, **dict.fromkeys(PORTS, "0")}
        with subprocess.Popen(
            [sys.executable, "-m", "anlyt", "dev", "--demo"],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield _address(process, Path(home))
            finally:
                process.send_signal(signal.SIGINT)


def _address(process: subprocess.Popen[str], home: Path) -> str:
    """The address of the API, as soon as the demo has its history."""
    assert process.stdout is not None
    if not any(COMPLETE in line for line in process.stdout):
        raise RuntimeError(f"The demo ended with status {process.wait()}.")
    return msgspec.json.decode((home / FILE).read_bytes(), type=Endpoints).api


async def take_pictures(url: str) -> None:
    """Writes all files. Raises ValueError if one is larger than LARGEST."""
    async with chromium() as browser:
        for picture in PICTURES:
            for scheme in SCHEMES:
                packed = _packed(await _screenshot(browser, url, picture, scheme))
                if len(packed) > LARGEST:
                    raise ValueError(f"The picture {picture.name} has {len(packed):,} bytes, more than {LARGEST:,}.")
                (FOLDER / f"{picture.name}-{scheme}.png").write_bytes(packed)


async def _screenshot(browser: Browser, url: str, picture: Picture, scheme: Scheme) -> bytes:
    view = View(height=picture.height, scheme=scheme, scale=SCALE, reduced_motion=True, headers=picture.headers)
    async with await open_context(browser, view) as context:
        page = await context.new_page()
        is_live = picture.shown and not picture.click  # with a stream, a page is never idle
        await page.goto(url + picture.path, wait_until="load" if is_live else "networkidle")
        if picture.click:
            await page.click(picture.click)
        if picture.shown:
            await page.wait_for_selector(picture.shown)
        return await page.screenshot(animations="disabled")


def _packed(png: bytes) -> bytes:
    """The picture with a palette, which a page's few colours fit into."""
    with Image.open(io.BytesIO(png)) as image:
        packed = io.BytesIO()
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main() -> None:
    """Takes the pictures of the address on the command line, else of a demo of its own."""
    if addresses := sys.argv[1:]:
        asyncio.run(take_pictures(addresses[0]))
        return
    with demo() as url:
        asyncio.run(take_pictures(url))


if __name__ == "__main__":
    main()
