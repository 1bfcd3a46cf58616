"""Lists as Relay connections (https://relay.dev/graphql/connections.htm), which page forwards only."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Annotated, Final, Generic, TypeAlias, TypeVar

import strawberry

from graph.errors import InvalidQueryError, NotFoundError
from graph.gql.arguments import Granularity, GranularityOf, read_granularity, read_window, windowed
from graph.gql.context import AccountsKey, Context, OperatorsKey, RequestInfo
from graph.gql.cost import DAYS, LIST, PRICE, SERIES
from graph.gql.directives import ELEMENT, FREE
from graph.gql.fields import report_field
from graph.gql.types import Discloses, Disclosure, Long
from graph.lists import id_lists
from graph.lists.id_lists import DEFAULT_PAGE, MAX_PAGE, IdList
from graph.reports import answers
from graph.reports.fields import ACCOUNT_ID, OPERATOR_ID
from graph.reports.windows import WindowRequest


@strawberry.enum(description="The order of a list. Ids never change, so pages neither repeat nor omit any.")
class ListOrder(Enum):
    """The order of a list."""

    ID_ASC = strawberry.enum_value("ID_ASC", description="By id, ascending.")
    ID_DESC = strawberry.enum_value("ID_DESC", description="By id, descending.")


First: TypeAlias = Annotated[int, strawberry.argument(description=f"The most nodes to return, from 1 to {MAX_PAGE}.")]
CURSOR: Final = "It is valid for the same field with the same arguments, for callers with the same rights."
After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description=f"The page begins after this cursor. {CURSOR}"),
]
OrderBy: TypeAlias = Annotated[ListOrder, strawberry.argument(description="The order of the list.")]


# Below the root, a resolver is called once for all objects (graph/gql/executor.py).


@windowed
async def _performance(
    root: Sequence["Operator"],
    info: RequestInfo,
    window_request: WindowRequest,
    granularity: GranularityOf = Granularity.DAILY,
) -> Sequence[answers.OperatorPerformance | NotFoundError]:
    ids = tuple(each.operator_id for each in root)
    return await info.context.operators.load(
        OperatorsKey(ids, read_window(window_request, info.context.now), read_granularity(granularity))
    )


@windowed
async def _usage(
    root: Sequence["Account"], info: RequestInfo, window_request: WindowRequest
) -> Sequence[answers.AccountUsage]:
    ids = tuple(each.account_id for each in root)
    return await info.context.accounts.load(AccountsKey(ids, read_window(window_request, info.context.now)))


async def _cursor(root: Sequence["Edge[Node]"]) -> Sequence[str]:
    return [each.signed() for each in root]


async def _total_count(root: Sequence["Connection[Node]"], info: RequestInfo) -> Sequence[int]:
    return [await id_lists.size(info.context.reader, info.context.scope, each.id_list) for each in root]


@strawberry.type(description="An operator for which anything was ever counted.", directives=[FREE])
class Operator:
    """A node of a list."""

    operator_id: str = strawberry.field(description=OPERATOR_ID, directives=[Discloses(what=Disclosure.MNO)])
    performance = report_field(
        _performance,
        answers.OperatorPerformance,
        SERIES,
        "Its performance; read for a whole page together.",
    )


@strawberry.type(description="An account that ever had a billing event or delivery report.", directives=[FREE])
class Account:
    """A node of a list."""

    account_id: str = strawberry.field(description=ACCOUNT_ID)
    usage = report_field(
        _usage, answers.AccountUsage, DAYS, "Its messages and their cost; read for a whole page together."
    )


@strawberry.type(description="The position of a page in its list.", directives=[FREE])
class PageInfo:
    """Relay's PageInfo. Pages go forwards only; `orderBy` reverses a list."""

    has_next_page: bool = strawberry.field(description="Whether nodes follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page begins after a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The `after` of the next page; null on an empty page.")


Node = TypeVar("Node", Operator, Account)


@strawberry.type(description="A node in a page.", directives=[ELEMENT])
class Edge(Generic[Node]):
    """A node and its cursor."""

    signed: strawberry.Private[Callable[[], str]]
    node: Node = strawberry.field(description="The listed node.")
    cursor = strawberry.field(_cursor, graphql_type=str, description=f"Its position: opaque and signed. {CURSOR}")


@strawberry.type(description="A page of a list.", directives=[FREE])
class Connection(Generic[Node]):
    """A page of a list."""

    id_list: strawberry.Private[IdList]
    edges: list[Edge[Node]] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="The position of the page in the list.")
    total_count = strawberry.field(
        _total_count,
        graphql_type=Long,
        description="The number of nodes in the whole list now, at most 100000; counted only if it is selected.",
    )


async def _operators(
    info: RequestInfo, first: First = DEFAULT_PAGE, after: After = None, order_by: OrderBy = ListOrder.ID_ASC
) -> Connection[Operator]:
    """A page of the operators. Raises ForbiddenError, InvalidQueryError."""
    ids, sign, page_info = await _page(info.context, id_lists.OPERATORS, first, after, order_by)
    edges = [Edge(node=Operator(operator_id=each), signed=partial(sign, each)) for each in ids]
    return Connection(id_list=id_lists.OPERATORS, edges=edges, page_info=page_info)


async def _accounts(
    info: RequestInfo, first: First = DEFAULT_PAGE, after: After = None, order_by: OrderBy = ListOrder.ID_ASC
) -> Connection[Account]:
    """A page of the accounts. Raises ForbiddenError, InvalidQueryError."""
    ids, sign, page_info = await _page(info.context, id_lists.ACCOUNTS, first, after, order_by)
    edges = [Edge(node=Account(account_id=each), signed=partial(sign, each)) for each in ids]
    return Connection(id_list=id_lists.ACCOUNTS, edges=edges, page_info=page_info)


async def _page(
    context: Context, id_list: IdList, first: int, after: str | None, order: ListOrder
) -> tuple[Sequence[str], Callable[[str], str], PageInfo]:
    """The ids of a page, a function that signs an id as a cursor, and the page's position."""
    id_list.allowed(context.scope)
    if not 1 <= first <= MAX_PAGE:
        raise InvalidQueryError(f"first must be an integer from 1 to {MAX_PAGE}.")
    cursors = await context.cursors.cursors()
    purpose, owner = f"graphql.{id_list.name}", f"{order.name} {context.scope!r}"
    start = None if after is None else cursors.open(purpose, owner, after, tuple[str], path="after")[0]
    page = await id_lists.page(
        context.reader, context.scope, id_list, first, start, descending=order is ListOrder.ID_DESC
    )

    def sign(id_: str) -> str:
        return cursors.sign(purpose, owner, (id_,))

    page_info = PageInfo(
        has_next_page=page.has_more,
        has_previous_page=after is not None,
        start_cursor=sign(page.ids[0]) if page.ids else None,
        end_cursor=sign(page.ids[-1]) if page.ids else None,
    )
    return page.ids, sign, page_info


operators_field: Final = strawberry.field(
    _operators,
    graphql_type=Connection[Operator] | None,
    description="All operators, each with its performance if selected. For the platform's own callers.",
    metadata={PRICE: LIST},
    directives=LIST.directives,
)
accounts_field: Final = strawberry.field(
    _accounts,
    graphql_type=Connection[Account] | None,
    description="All accounts, each with its usage if selected. For administrators.",
    metadata={PRICE: LIST},
    directives=LIST.directives,
)
