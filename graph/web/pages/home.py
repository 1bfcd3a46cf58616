"""`/`: what this service is, how fresh it is, and where everything is."""

from dataclasses import dataclass
from typing import Final

from graph.reports.answers import Freshness
from graph.reports.freshness import freshness
from graph.web.page import EVERYBODY, Page, PageRequest
from graph.web.panel import Panel, load_panel


@dataclass(frozen=True, slots=True)
class Home:
    """How fresh the answers are."""

    freshness: Panel[Freshness]


async def load(request: PageRequest) -> Home:
    """Reads the freshness of each projection."""
    work = freshness(request.sources.reader, request.sources.progress)
    return Home(await load_panel(work, request.request_id))


HOME: Final = Page(
    path="/",
    name="home",
    title="Overview",
    about="How fresh the figures are, and where everything is.",
    readers=EVERYBODY,
    load=load,
)
