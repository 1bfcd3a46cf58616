"""Runs the examples of GraphiQL in a real Chromium."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from playwright.async_api import Page

from tests.support.browser import visits
from tools.browser import View, chromium

TABS: Final = ".graphiql-tab-button"
# The answer in the pane of results as soon as it is whole: a JSON object with data or errors.
ANSWER: Final = """() => document.querySelector(".result-window .CodeMirror")
  ?.CodeMirror.getValue().match(/^[^]*"(?:data|errors)"[^]*}$/)?.[0]"""


@dataclass(frozen=True, slots=True)
class Exploration:
    """The tabs' titles, and each tab's answer."""

    titles: Sequence[str]
    answers: Mapping[str, Any]


async def explore_graphiql(url: str) -> Exploration:
    """Runs the example of each tab. Raises AssertionError if the page has complaints (`tests/support/browser.py`)."""
    async with chromium() as browser, visits(browser) as visit:
        page = (await visit(url, View(width=1440, height=860))).page
        await page.wait_for_selector(TABS)
        titles = [text.strip() for text in await page.locator(TABS).all_inner_texts()]
        return Exploration(titles, {title: await _answer(page, title) for title in titles})


async def _answer(page: Page, title: str) -> Any:
    await page.get_by_role("button", name=title, exact=True).click()
    await page.wait_for_function("title => localStorage.getItem('graphiql:operationName') === title", arg=title)
    await page.click(".graphiql-execute-button")
    return msgspec.json.decode(await (await page.wait_for_function(ANSWER)).json_value())
