"""The list of all pages, in the order of the navigation. One module per page."""

from typing import Final

from graph.web.page import Page
from graph.web.pages.home import HOME
from graph.web.pages.mno_quality import MNO_QUALITY

PAGES: Final[tuple[Page, ...]] = (HOME, MNO_QUALITY)
