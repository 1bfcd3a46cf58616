"""`/status`: how the service itself does, part by part, each with its command and its runbooks."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from graph.dsl.table_status import TableStatus
from graph.lists.status import ClosedDay, Findings, PipelineRuns, closed_days, findings, pipeline_runs
from graph.reports.answers import Freshness
from graph.reports.freshness import freshness
from graph.web.page import ADMIN, Page, PageRequest
from graph.web.panel import Panel


class Help(NamedTuple):
    """What helps if a part looks wrong: a command that shows or does more, and runbooks of docs/runbooks."""

    command: str
    runbooks: Sequence[str]


HELP: Final[Mapping[str, Help]] = {
    "projections": Help("anlyt ingest", ("AnlytIngestLagHigh", "AnlytConsumerLagHigh")),
    "tables": Help("anlyt pipeline cubes", ("AnlytCubeStale", "AnlytIngestLagHigh", "AnlytCopiesDiscarded")),
    "pipelines": Help("anlyt pipeline NAME", ("pipelines", "AnlytPipelineLate", "AnlytRollupFailed")),
    "deadletters": Help(
        "anlyt deadletters list", ("dead-letters", "AnlytDeserializationErrors", "AnlytDeadletterLimit")
    ),
    "integrity": Help("anlyt audit verify", ("integrity", "AnlytIntegrityDiffers")),
    "reconciliation": Help("anlyt pipeline reconciliation", ("reconciliation", "AnlytReconciliationDivergence")),
}


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The parts that the stores know. Dead letters are in NATS, which the API does not read."""

    projections: Panel[Freshness]
    tables: Panel[Sequence[TableStatus]]
    pipelines: Panel[Sequence[PipelineRuns]]
    integrity: Panel[Sequence[ClosedDay]]
    reconciliation: Panel[Sequence[Findings]]

    @property
    def help(self) -> Mapping[str, Help]:
        """What helps, by part."""
        return HELP


async def load(request: PageRequest) -> StatusPage:
    """Loads the five panels. Raises ForbiddenError for all callers but administrators."""
    sources, scope = request.sources, request.scope
    return StatusPage(
        *await asyncio.gather(
            request.panel(freshness(sources.reader, sources.progress)),
            request.panel(sources.queries.table_statuses(scope)),
            request.panel(pipeline_runs(sources.reader, scope)),
            request.panel(closed_days(sources.reader, scope)),
            request.panel(findings(sources.reader, scope)),
        )
    )


STATUS: Final = Page(
    path="/status",
    name="status",
    title="Status",
    about="Lag, runs of pipelines, dead letters, integrity, cubes and reconciliation, each with its runbook.",
    readers=ADMIN,
    load=load,
)
