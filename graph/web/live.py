"""The live throughput as a part of a page, for `static/live.js`: the stream of GraphQL's `liveThroughput`."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from starlette.responses import Response

from graph.access import administration
from graph.errors import ServerStoppingError
from graph.gql.streams import EVENT_STREAM, event_stream
from graph.reports.answers import LiveThroughput
from graph.reports.live import live_throughput
from graph.web.page import PageRequest, Part
from graph.web.states import state_of

EVERY: Final = 5  # seconds between two events


async def answer_live(asked: PageRequest) -> Response:
    """Server-sent events, as GraphQL frames them. Raises ForbiddenError unless the caller is an administrator."""
    administration(asked.scope)
    return event_stream(_results(asked), lambda error: _failure(error, asked.request_id))


LIVE: Final = Part("/live", EVENT_STREAM, answer_live)


async def _results(asked: PageRequest) -> AsyncIterator[Mapping[str, Mapping[str, LiveThroughput]]]:
    sources = asked.sources
    with sources.streams.slot(asked.scope.caller):
        async for event in live_throughput(sources.reader, asked.scope, EVERY, sources.closing):
            yield {"data": {"liveThroughput": event}}
    if sources.closing.is_set():
        raise ServerStoppingError("This server is stopping; subscribe again.")


def _failure(error: Exception, request_id: str) -> Mapping[str, Any]:
    return {"errors": [{"message": state_of(error, request_id).detail}]}
