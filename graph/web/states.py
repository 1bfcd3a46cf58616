"""What a page shows in place of figures: an error, with what happened and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from graph.http import problems
from graph.http.problems import as_problem, log_failure
from infra.faults import fault_of

CODES_OF_FORMS: Final = ("INVALID_WINDOW", "INVALID_QUERY")


class Advice(NamedTuple):
    """The kind of a state, for its look; its title; and what a person does next."""

    kind: str
    title: str
    next: str


_RETRY: Final = "Load the page again in a few seconds. What it does show is complete."
ADVICE: Final[Mapping[str, Advice]] = {
    "UNAUTHENTICATED": Advice(
        "closed",
        "We do not know who you are",
        "Open this page from the portal that you use, or send the credentials that the API accepts.",
    ),
    "FORBIDDEN": Advice(
        "closed",
        "This page is not for you",
        "Choose one of your own pages above, or ask your administrator for access.",
    ),
    "NOT_FOUND": Advice("empty", "There is nothing here", "Check the address, or begin at the first page."),
    "INVALID_WINDOW": Advice("wrong", "This window cannot be answered", "Correct the field that is marked below."),
    "INVALID_QUERY": Advice("wrong", "This request cannot be answered", "Correct the field that is marked below."),
    "QUERY_TOO_EXPENSIVE": Advice(
        "expensive", "This is more than one request may read", "Choose a shorter window, or fewer networks or lanes."
    ),
    "RATE_LIMITED": Advice(
        "limited", "Too many requests at once", "Wait for as long as it says, then load the page again."
    ),
    "DEPENDENCY_UNAVAILABLE": Advice("away", "These figures are not available now", _RETRY),
}
_ALIASES: Final = {"FORBIDDEN_ACCOUNT": "FORBIDDEN"}
_FAILED: Final = Advice("failed", "Something failed on our side", _RETRY)


@dataclass(frozen=True, slots=True)
class State:
    """An error as a page shows it. `headers` are those of a response that has nothing but this error."""

    code: str
    status: int
    kind: str
    title: str
    detail: str
    next: str
    request_id: str
    headers: Mapping[str, str] = field(default_factory=dict)


def state_of(error: BaseException, request_id: str) -> State:
    """The state of an error, masked as the API masks it. Logs it when it is not the caller's mistake."""
    error = fault_of(error) or error
    log_failure(error, request_id)
    problem = as_problem(error, request_id)
    advice = ADVICE.get(_ALIASES.get(problem.code, problem.code), _FAILED)
    headers = problems.headers(error)
    return State(problem.code, problem.status, *advice[:2], problem.detail, advice.next, request_id, headers)
