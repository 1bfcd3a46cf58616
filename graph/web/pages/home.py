"""`/`: what this service is, how fresh it is, and where everything is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from graph.reports.answers import Freshness
from graph.reports.freshness import freshness
from graph.web.page import EVERYBODY, Page, PageRequest
from graph.web.panel import Panel

LABELS: Final[Mapping[str, str]] = {"billing_metrics": "Messages and cost", "delivery_metrics": "Delivery reports"}


@dataclass(frozen=True, slots=True)
class Home:
    """How fresh the answers are. `labels`: what each projection counts."""

    freshness: Panel[Freshness]
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)


async def load(request: PageRequest) -> Home:
    """Reads the freshness of each projection."""
    work = freshness(request.sources.reader, request.sources.progress)
    return Home(await request.panel(work))


HOME: Final = Page(
    path="/",
    name="home",
    title="Overview",
    about="How fresh the figures are, and where everything is.",
    readers=EVERYBODY,
    load=load,
)
