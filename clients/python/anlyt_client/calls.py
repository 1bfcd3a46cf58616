"""A request to the API, and how to read its answer. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar
from urllib.parse import quote

import httpx
from msgspec import DecodeError, json

from anlyt_client.answers import Problem
from anlyt_client.errors import ApiError, DisconnectedError, UnreadableAnswerError, seconds_of
from anlyt_client.problems import ERRORS
from anlyt_client.retries import Outcome

T = TypeVar("T")
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. `read` makes the answer of a successful response.

    Each call may be repeated: it reads, cancels, or has an idempotency key.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, str]
    content: bytes | None = None
    accept: str = JSON
    idempotency_key: str | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that depend on the call."""
        optional = {"Content-Type": self.content and JSON, "Idempotency-Key": self.idempotency_key}
        return {"Accept": self.accept, **{name: value for name, value in optional.items() if value}}


def get(path: str, answer: type[T], options: Mapping[str, object], **ids: str) -> Call[T]:
    """A report. `ids` are the parameters of its path; an option `from_` is the parameter `from`."""
    return Call(
        "GET",
        path.format_map({name: quote(value, safe="") for name, value in ids.items()}),
        lambda response: decoded(response, answer),
        {camel(name): as_text(value) for name, value in options.items() if value is not None},
    )


def result(call: Call[T], outcome: Outcome) -> T:
    """The answer of the last attempt. Raises ApiError, DisconnectedError or UnreadableAnswerError."""
    if isinstance(outcome, httpx.RequestError):
        raise DisconnectedError(str(outcome) or type(outcome).__name__) from outcome
    if not outcome.is_success:
        raise api_error(outcome)
    return call.read(outcome)


def decoded(response: httpx.Response, answer: type[T]) -> T:
    """The JSON of a response as a value of the type. Raises UnreadableAnswerError."""
    try:
        return json.decode(response.content, type=answer)
    except DecodeError as error:
        raise UnreadableAnswerError(f"{response.url} answered what this client cannot read: {error}") from error


def api_error(response: httpx.Response) -> ApiError:
    """The error of a response. A response that is no problem document has a code such as HTTP_502."""
    try:
        problem = json.decode(response.content, type=Problem)
    except DecodeError:
        status, detail = response.status_code, response.reason_phrase
        code, request_id = f"HTTP_{status}", response.headers.get("X-Request-Id", "")
        problem = Problem(
            type="about:blank", title=detail, status=status, code=code, detail=detail, request_id=request_id
        )
    return as_error(problem, seconds_of(response.headers.get("Retry-After")))


def as_error(problem: Problem, retry_after: float | None = None) -> ApiError:
    """The error of the class that the problem's code has."""
    return ERRORS.get(problem.code, ApiError)(problem, retry_after)


def as_text(value: object) -> str:
    """A parameter as the API reads it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def camel(name: str) -> str:
    """The API's name of a Python name: `operator_id` is `operatorId`, `from_` is `from`."""
    first, *others = name.rstrip("_").split("_")
    return first + "".join(map(str.capitalize, others))
