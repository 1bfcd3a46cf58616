"""The stream of live throughput: a GraphQL subscription over server-sent events. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Final

import httpx
from msgspec import DecodeError, Struct, json

from anlyt_client.answers import LIVE_THROUGHPUT, LiveThroughput, Problem, QueryProblem
from anlyt_client.calls import JSON, as_error
from anlyt_client.errors import ApiError, DisconnectedError, UnreadableAnswerError
from anlyt_client.problems import STATUSES
from anlyt_client.retries import Retries

GRAPHQL_PATH: Final = "/graphql"
STREAM_HEADERS: Final[Mapping[str, str]] = {"Accept": "text/event-stream", "Content-Type": JSON}


class _Extensions(Struct, rename="camel"):
    code: str = "INTERNAL"
    request_id: str = ""
    problems: Sequence[QueryProblem] = ()


class _Error(Struct):
    message: str
    extensions: _Extensions


class _Data(Struct, rename="camel"):
    live_throughput: LiveThroughput | None = None


class _Result(Struct):
    data: _Data | None = None
    errors: Sequence[_Error] = ()


class LiveStream:
    """Reads the lines of responses, and says when to subscribe again.

    The API ends a stream after ten minutes, so that the caller is identified again, and when its process stops.
    A stream that ends without an event counts as a failed attempt.
    """

    def __init__(self, every: int, retries: Retries) -> None:
        self.content: Final = json.encode({"query": LIVE_THROUGHPUT, "variables": {"every": every}})
        self._retries, self._failed = retries, 0

    def read(self, line: str) -> LiveThroughput | None:
        """The event that a line has, if it has one. Raises ApiError if the API refuses or ends the subscription."""
        name, _, data = line.partition(":")
        if name != "data" or not data.strip():  # each event of this API has one line of data
            return None
        try:
            result = json.decode(data, type=_Result)
        except DecodeError as error:
            raise UnreadableAnswerError(f"The stream has an event that this client cannot read: {error}") from error
        if result.errors:
            raise _refusal(result.errors[0])
        self._failed = 0
        return None if result.data is None else result.data.live_throughput

    def pause_after(self, failure: httpx.RequestError | ApiError) -> float:
        """The seconds until the next subscription. Raises the failure if there is none."""
        self._failed += 1
        pause = self._retries.next_pause(failure, self._failed)
        if pause is None:
            raise failure if isinstance(failure, ApiError) else DisconnectedError(str(failure)) from failure
        return pause


def _refusal(error: _Error) -> ApiError:
    about = error.extensions
    return as_error(
        Problem(
            type="about:blank",
            title=about.code,
            status=STATUSES.get(about.code, 500),  # the response has none, because its stream began
            code=about.code,
            detail=error.message,
            request_id=about.request_id,
            problems=about.problems,
        )
    )
