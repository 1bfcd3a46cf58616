"""The errors of this client. `problems` has a class for each code of the API."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from anlyt_client.answers import Problem, QueryProblem


class AnlytError(Exception):
    """Any failure of a call."""


class DisconnectedError(AnlytError):
    """The API could not be reached, or the connection was cut, at every attempt."""


class UnreadableAnswerError(AnlytError):
    """An answer that is not what the API sends, such as a page of a proxy."""


class TruncatedError(AnlytError):
    """The query has more rows than the API returns for one query. Its rows up to there are no whole answer."""


class ExportFailedError(AnlytError):
    """An export failed, expired or was cancelled."""


class ApiError(AnlytError):
    """The API refused a request. Codes without a class of their own are of this class.

    `retry_after`: the seconds after which a retry can help, if the API says so.
    """

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem, self.retry_after = problem, retry_after

    @property
    def code(self) -> str:
        """The kind of problem, for programs."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def request_id(self) -> str:
        """The id of the request in the API's logs."""
        return self.problem.request_id

    @property
    def problems(self) -> Sequence[QueryProblem]:
        """All problems of a query; empty for other errors."""
        return self.problem.problems


def seconds_of(retry_after: str | None) -> float | None:
    """The seconds that a header Retry-After states, or None without one. It has a number or a date."""
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max((parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):  # TypeError: a date without a zone
        return None
