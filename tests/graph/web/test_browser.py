"""The checks of pages find what they look for on a bad page, and find nothing on a good one."""

import gzip
from collections.abc import AsyncIterator, Mapping
from typing import Final

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graph.http.server import serving
from tests.support.accessibility import keyboard_problems, violations
from tests.support.browser import Visiting, visiting, visits
from tools.browser import Browser, View

pytestmark = pytest.mark.anyio

POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src *"
FRAME: Final = (
    "<!doctype html><html lang='en'><title>A page</title><link rel='stylesheet' href='/style.css'><main><h1>A page</h1>"
)
GOOD: Final = f"""{FRAME}
<p>Words <span dir='auto'>سلام</span></p><a href='/'>a link</a><button>a button</button>
<svg role='img' aria-label='a point'><circle r='5' tabindex='0' aria-label='1' role='img'/></svg>
<form><label><input type='radio' name='r'>one</label><label><input type='radio' name='r' checked>two</label></form>
<details><summary>more</summary><a href='/'>hidden</a></details>"""
BAD: Final = f"""{FRAME}
<p style='margin: 0' class='pale'>pale</p><script>1</script><img src='http://127.0.0.1:65535/a.png'>
<script src='/broken.js'></script><script src='/absent.js'></script><div class='wide'>wide</div>
<a href='/' class='plain'>unmarked</a><div id='taken'></div>"""
STYLE: Final = """
.pale { color: #ddd; background: #fff } .wide { width: 100vw; padding: 20px }
a.plain:focus { outline: none } a, button { color: #00c } .deep { background: #000 }
@media (prefers-color-scheme: dark) { body, button { background: #111; color: #eee } a { color: #9cf } }
"""
BROKEN: Final = """
console.warn("a warning");
document.getElementById("taken")?.remove();
const button = document.createElement("button");
button.textContent = "skipped";
document.querySelector("main").append(button);
addEventListener("keydown", () => { button.tabIndex = -1 });
fetch("/absent.json");
throw new Error("an exception");
"""
FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/good": ("text/html; charset=utf-8", GOOD),
    "/bad": ("text/html; charset=utf-8", BAD),
    "/style.css": ("text/css", STYLE),
    "/broken.js": ("text/javascript", BROKEN),
}


async def site(scope: Scope, receive: Receive, send: Send) -> None:
    kind, text = FILES.get(Request(scope).url.path, ("text/html", f"{FRAME}Nothing is here."))
    headers = {"content-type": kind, "content-encoding": "gzip", "content-security-policy": POLICY}
    status = 200 if Request(scope).url.path in FILES else 404
    await Response(gzip.compress(text.encode(), mtime=0), status, headers)(scope, receive, send)


@pytest.fixture(scope="module")
async def url(anyio_backend: str) -> AsyncIterator[str]:
    async with serving(site, "127.0.0.1", 0) as served:
        yield served


VIEWS: Final = (View(), View(scheme="dark", reduced_motion=True), View(right_to_left=True), View(width=360))


@pytest.mark.parametrize("view", VIEWS)
async def test_a_good_page_has_no_problem(url: str, visit: Visiting, view: View) -> None:
    opened = await visit(f"{url}/good", view)
    assert await violations(opened.page) == []
    assert await opened.sideways() == 0
    assert await keyboard_problems(opened.page) == []
    transferred = [gzip.compress(text.encode(), mtime=0) for _, text in (FILES["/good"], FILES["/style.css"])]
    assert await opened.weight() == sum(map(len, transferred))


async def test_a_page_is_shown_without_javascript(url: str, browser: Browser) -> None:
    """No script of the bad page is loaded or runs."""
    async with visiting(browser, f"{url}/bad", View(javascript=False)) as opened:
        assert await opened.page.inner_text("h1") == "A page"
        assert await opened.page.locator("#taken").count() == 1
        assert not [request for request in opened.requests if request.url.endswith(".js")]


async def test_a_page_may_be_an_error(url: str, visit: Visiting) -> None:
    await visit(f"{url}/absent", status=404)


COMPLAINTS: Final = (
    "request to another origin: http://127.0.0.1:65535/a.png",
    "http://127.0.0.1:65535/a.png: net::ERR_CONNECTION_REFUSED",
    "Applying inline style violates the following Content Security Policy directive",
    "Executing inline script violates the following Content Security Policy directive",
    "warning: a warning",
    "exception: an exception",
    "404 (Not Found) ({url}/absent.js)",
    "404 (Not Found) ({url}/absent.json)",
)


async def test_all_problems_of_a_bad_page_are_found(url: str, browser: Browser) -> None:
    async with visiting(browser, f"{url}/bad", View(width=360)) as opened:
        await opened.settle()
        missed = [each for each in COMPLAINTS if each.format(url=url) not in "\n".join(opened.complaints)]
        assert missed == []
        rules = {violation.split(":")[0] for violation in await violations(opened.page)}
        assert rules == {"color-contrast", "image-alt"}
        assert await keyboard_problems(opened.page) == [
            'Tab does not reach <button tabindex="-1">skipped</button>',
            'the focus is invisible on <a href="/" class="plain">unmarked</a>',
        ]
        assert await opened.sideways() > 0


async def test_a_complaint_fails_the_test_that_visits(url: str, browser: Browser) -> None:
    with pytest.raises(AssertionError, match="a warning"):
        async with visits(browser) as visit:
            await visit(f"{url}/bad")
