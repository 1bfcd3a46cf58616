"""The field that lists what changed on closed days."""

from enum import Enum
from typing import Annotated, TypeAlias, cast

import strawberry

from graph.access import checked_id
from graph.errors import InvalidQueryError
from graph.gql.arguments import AccountId, OperatorId, argument, read_window, windowed
from graph.gql.context import RequestInfo
from graph.gql.cost import RESTATEMENTS
from graph.gql.fields import report_field
from graph.lists.restatements import LIMIT, SUBJECTS, requested_days, restatements
from graph.lists.restatements_answer import (
    DEFAULT_RESTATEMENTS,
    MAX_RESTATEMENTS,
    RestatedSubjects,
    Restatements,
)
from graph.reports.windows import WindowRequest


@strawberry.enum(description="Whose changes are listed.")
class Subjects(Enum):
    """The values are REST's names."""

    PLATFORM = strawberry.enum_value("platform", description="The platform's.")
    OPERATORS = strawberry.enum_value("operators", description="Those of all operators.")
    ACCOUNTS = strawberry.enum_value("accounts", description="Those of all accounts.")


SubjectsOf: TypeAlias = Annotated[Subjects | None, argument(SUBJECTS)]
LimitOf: TypeAlias = Annotated[int, argument(LIMIT)]


@windowed
async def _restatements(
    info: RequestInfo,
    window_request: WindowRequest,
    subjects: SubjectsOf = None,
    operator_id: OperatorId = None,
    account_id: AccountId = None,
    limit: LimitOf = DEFAULT_RESTATEMENTS,
) -> Restatements:
    if not 1 <= limit <= MAX_RESTATEMENTS:
        raise InvalidQueryError(f"limit must be an integer from 1 to {MAX_RESTATEMENTS}.")
    return await restatements(
        info.context.reader.fetch_value,
        info.context.reader.currency,
        info.context.scope,
        read_window(requested_days(window_request), info.context.now),
        cast(RestatedSubjects, subjects.value) if subjects else None,
        operator_id=None if operator_id is None else checked_id("operatorId", operator_id),
        account_id=None if account_id is None else checked_id("accountId", account_id),
        limit=limit,
    )


restatements_field = report_field(_restatements, Restatements, RESTATEMENTS)
