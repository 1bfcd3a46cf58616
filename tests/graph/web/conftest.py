"""One Chromium per session, and visits of pages with it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.browser import Visiting, visits
from tools.browser import Browser, chromium


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Visiting]:
    """Opens pages. The test fails if one of them has complaints: errors, violations of its policy, foreign requests."""
    async with visits(browser) as opened:
        yield opened
