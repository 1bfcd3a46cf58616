"""The list of the REST endpoints of reports, from which requests are served and OpenAPI is written."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from graph.access import Scope, checked_id
from graph.answer import Report
from graph.dsl.queries import Queries
from graph.errors import (
    ForbiddenAccountError,
    ForbiddenError,
    InvalidQueryError,
    InvalidWindowError,
    NotFoundError,
)
from graph.http.parameters import Parameter, read_choice, read_id, read_integer, read_time
from graph.lists.explanation import explanation
from graph.lists.explanation_answer import DayExplanation
from graph.lists.restatements import LIMIT as RESTATEMENTS_LIMIT
from graph.lists.restatements import SUBJECTS, requested_days, restatements
from graph.lists.restatements_answer import Restatements
from graph.reports import answers
from graph.reports import parameters as p
from graph.reports.account import account_usage
from graph.reports.breakdown import delivery_breakdown
from graph.reports.ledger import ledger
from graph.reports.ledger_answer import Ledger
from graph.reports.operators import operator_performance, top_operators
from graph.reports.reading.reader import Reader
from graph.reports.summary import summary
from graph.reports.throughput import throughput
from graph.reports.windows import Granularity, Window, resolve_window
from infra.errors import AnlytError
from infra.telemetry import Span


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """An authenticated request of a report: its stores, the caller's scope, its parameters and its time.

    `path` and `query` are the parameters of the URL.
    """

    reader: Reader
    queries: Queries
    scope: Scope
    path: Mapping[str, str]
    query: Mapping[str, str]
    request_id: str
    now: datetime

    @property
    def id(self) -> str:
        """The id in the path. Raises InvalidQueryError."""
        return checked_id("id", self.path["id"])

    @property
    def window(self) -> Window:
        """The requested window. Raises InvalidWindowError or InvalidQueryError."""
        return resolve_window(p.read_window(self.query), self.now)

    @property
    def granularity(self) -> Granularity:
        """The requested granularity. Raises InvalidQueryError."""
        chosen: Granularity = read_choice(p.GRANULARITY, self.query)
        return chosen

    @property
    def daily_reader(self) -> Reader:
        """The reader of a daily report, at the requested instant. Raises InvalidWindowError."""
        return self.reader.at(p.read_as_of(read_time(p.AS_OF, self.query)))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route. `name` is its label in metrics and its operation in OpenAPI; `answer.about` describes it."""

    path: str
    name: str
    span: Span
    parameters: tuple[Parameter, ...]
    answer: type[Report]
    errors: tuple[type[AnlytError], ...]
    run: Callable[[ReportRequest], Awaitable[Any]]


async def _summary(request: ReportRequest) -> answers.Summary:
    return await summary(request.daily_reader, request.scope, request.window, request.granularity)


async def _operator(request: ReportRequest) -> answers.OperatorPerformance:
    return await operator_performance(
        request.daily_reader, request.scope, request.id, request.window, request.granularity
    )


async def _account(request: ReportRequest) -> answers.AccountUsage:
    read_choice(p.GRANULARITY, request.query)  # checked only: dailyBreakdown has days at any granularity
    return await account_usage(request.daily_reader, request.scope, request.id, request.window)


async def _throughput(request: ReportRequest) -> answers.Throughput:
    return await throughput(
        request.reader,
        request.scope,
        request.window,
        read_choice(p.RESOLUTION, request.query),
        operator_id=read_id(p.OPERATOR_ID, request.query),
        account_id=read_id(p.ACCOUNT_ID, request.query),
    )


async def _breakdown(request: ReportRequest) -> answers.DeliveryBreakdown:
    return await delivery_breakdown(request.daily_reader, request.scope, request.window)


async def _top_operators(request: ReportRequest) -> answers.TopOperators:
    limit = read_integer(p.LIMIT, request.query)
    return await top_operators(request.daily_reader, request.scope, request.window, request.granularity, limit)


async def _ledger(request: ReportRequest) -> Ledger:
    return await ledger(request.reader, request.scope, request.window)


async def _restatements(request: ReportRequest) -> Restatements:
    return await restatements(
        request.reader.fetch_value,
        request.reader.currency,
        request.scope,
        resolve_window(requested_days(p.read_window(request.query)), request.now),
        read_choice(SUBJECTS, request.query),
        operator_id=read_id(p.OPERATOR_ID, request.query),
        account_id=read_id(p.ACCOUNT_ID, request.query),
        limit=read_integer(RESTATEMENTS_LIMIT, request.query),
    )


async def _explanation(request: ReportRequest) -> DayExplanation:
    return await explanation(request.reader.fetch_value, request.scope, p.read_day(request.path["day"]))


REPORTS_PATH: Final = "/v1/internal/analytics"

_BAD: Final = (InvalidWindowError, InvalidQueryError, ForbiddenError)

ENDPOINTS: Final = (
    Endpoint(
        f"{REPORTS_PATH}/summary",
        "summary",
        "anlyt.api.summary",
        (*p.WINDOW, p.GRANULARITY, p.AS_OF),
        answers.Summary,
        _BAD,
        _summary,
    ),
    Endpoint(
        f"{REPORTS_PATH}/operators/{{id}}/performance",
        "operatorPerformance",
        "anlyt.api.operatorPerformance",
        (p.OPERATOR, *p.WINDOW, p.GRANULARITY, p.AS_OF),
        answers.OperatorPerformance,
        (*_BAD, NotFoundError),
        _operator,
    ),
    Endpoint(
        f"{REPORTS_PATH}/accounts/{{id}}/usage",
        "accountUsage",
        "anlyt.api.accountUsage",
        (p.ACCOUNT, *p.WINDOW, p.GRANULARITY, p.AS_OF),
        answers.AccountUsage,
        (*_BAD, ForbiddenAccountError),
        _account,
    ),
    Endpoint(
        f"{REPORTS_PATH}/throughput",
        "throughput",
        "anlyt.api.throughput",
        (*p.WINDOW, p.RESOLUTION, p.OPERATOR_ID, p.ACCOUNT_ID),
        answers.Throughput,
        (*_BAD, ForbiddenAccountError),
        _throughput,
    ),
    Endpoint(
        f"{REPORTS_PATH}/delivery-breakdown",
        "deliveryBreakdown",
        "anlyt.api.deliveryBreakdown",
        (*p.WINDOW, p.AS_OF),
        answers.DeliveryBreakdown,
        _BAD,
        _breakdown,
    ),
    Endpoint(
        f"{REPORTS_PATH}/top-operators",
        "topOperators",
        "anlyt.api.topOperators",
        (p.LIMIT, *p.WINDOW, p.GRANULARITY, p.AS_OF),
        answers.TopOperators,
        _BAD,
        _top_operators,
    ),
    Endpoint(
        "/v1/reconciliation/{day}/explanation",
        "reconciliationExplanation",
        "anlyt.api.reconciliationExplanation",
        (p.DAY,),
        DayExplanation,
        (InvalidQueryError, ForbiddenError),
        _explanation,
    ),
    Endpoint("/v1/ledger", "ledger", "anlyt.api.ledger", p.WINDOW, Ledger, _BAD, _ledger),
    Endpoint(
        "/v1/restatements",
        "restatements",
        "anlyt.api.restatements",
        (*p.WINDOW, SUBJECTS, p.OPERATOR_ID, p.ACCOUNT_ID, RESTATEMENTS_LIMIT),
        Restatements,
        (*_BAD, ForbiddenAccountError),
        _restatements,
    ),
)
