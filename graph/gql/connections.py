"""Lists as connections: https://relay.dev/graphql/connections.htm, forwards only."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Annotated, Final, Generic, TypeAlias, TypeVar

import strawberry
from strawberry import Info

from graph.errors import InvalidQueryError, NotFoundError
from graph.gql.arguments import By, Granularity, read_granularity, read_window, windowed
from graph.gql.context import AccountsKey, Context, OperatorsKey
from graph.gql.cost import LIST, PRICE, SERIES
from graph.gql.fields import report_field
from graph.gql.types import Discloses, Disclosure, Long
from graph.reports import answers, lists
from graph.reports.lists import DEFAULT_PAGE, MAX_PAGE, IdList
from graph.reports.windows import WindowRequest

Asked: TypeAlias = Info[Context, None]


@strawberry.enum(description="The order of a list. Ids never change, so pages neither repeat nor leave out anything.")
class ListOrder(Enum):
    """The order of a list."""

    ID_ASC = strawberry.enum_value("ID_ASC", description="By id, upwards.")
    ID_DESC = strawberry.enum_value("ID_DESC", description="By id, downwards.")


First: TypeAlias = Annotated[int, strawberry.argument(description=f"How many nodes at most, from 1 to {MAX_PAGE}.")]
CURSOR: Final = "It is good for the same field with the same arguments, for callers that may see the same."
After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description=f"The page begins behind this cursor. {CURSOR}"),
]
OrderBy: TypeAlias = Annotated[ListOrder, strawberry.argument(description="The order of the list.")]


# Below the root, a resolver is called for all objects at once (graph/gql/executor.py).


@windowed
async def _performance(
    root: Sequence["Operator"], info: Asked, asked: WindowRequest, granularity: By = Granularity.DAILY
) -> Sequence[answers.OperatorPerformance | NotFoundError]:
    ids = tuple(each.operator_id for each in root)
    return await info.context.operators.load(
        OperatorsKey(ids, read_window(asked, info.context.now), read_granularity(granularity))
    )


@windowed
async def _usage(root: Sequence["Account"], info: Asked, asked: WindowRequest) -> Sequence[answers.AccountUsage]:
    ids = tuple(each.account_id for each in root)
    return await info.context.accounts.load(AccountsKey(ids, read_window(asked, info.context.now)))


async def _cursor(root: Sequence["Edge[Node]"]) -> Sequence[str]:
    return [each.signed() for each in root]


async def _total_count(root: Sequence["Connection[Node]"], info: Asked) -> Sequence[int]:
    return [await lists.size(info.context.reader, info.context.scope, each.listing) for each in root]


@strawberry.type(description="An operator that anything was ever counted for.")
class Operator:
    """A node."""

    operator_id: str = strawberry.field(description=answers.OPERATOR_ID, directives=[Discloses(what=Disclosure.MNO)])
    performance = report_field(
        _performance,
        answers.OperatorPerformance,
        SERIES,
        "How it carried its messages; read for a whole page at once.",
    )


@strawberry.type(description="An account that ever had a billing event or delivery report.")
class Account:
    """A node."""

    account_id: str = strawberry.field(description=answers.ACCOUNT_ID)
    usage = report_field(
        _usage, answers.AccountUsage, SERIES, "What it sent, and what it cost; read for a whole page at once."
    )


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """As Relay has it. Pages go forwards only: the list is turned round by its order."""

    has_next_page: bool = strawberry.field(description="Whether there is more behind this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page begins behind a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="What to give as `after` for the next page; null if empty.")


Node = TypeVar("Node", Operator, Account)


@strawberry.type(description="A node in a page.")
class Edge(Generic[Node]):
    """A node, and its place."""

    signed: strawberry.Private[Callable[[], str]]
    node: Node = strawberry.field(description="What is listed.")
    cursor = strawberry.field(_cursor, graphql_type=str, description=f"Its place: opaque and signed. {CURSOR}")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    """A page, and where it lies."""

    listing: strawberry.Private[IdList]
    edges: list[Edge[Node]] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    total_count = strawberry.field(
        _total_count,
        graphql_type=Long,
        description="How many there are in the whole list now, 100000 at most; counted only when it is asked for.",
    )


async def _operators(
    info: Asked, first: First = DEFAULT_PAGE, after: After = None, order_by: OrderBy = ListOrder.ID_ASC
) -> Connection[Operator]:
    """A page of the operators; ForbiddenError, InvalidQueryError."""
    ids, sign, place = await _page(info.context, lists.OPERATORS, first, after, order_by)
    edges = [Edge(node=Operator(operator_id=each), signed=partial(sign, each)) for each in ids]
    return Connection(listing=lists.OPERATORS, edges=edges, page_info=place)


async def _accounts(
    info: Asked, first: First = DEFAULT_PAGE, after: After = None, order_by: OrderBy = ListOrder.ID_ASC
) -> Connection[Account]:
    """A page of the accounts; ForbiddenError, InvalidQueryError."""
    ids, sign, place = await _page(info.context, lists.ACCOUNTS, first, after, order_by)
    edges = [Edge(node=Account(account_id=each), signed=partial(sign, each)) for each in ids]
    return Connection(listing=lists.ACCOUNTS, edges=edges, page_info=place)


async def _page(
    context: Context, listing: IdList, first: int, after: str | None, order: ListOrder
) -> tuple[Sequence[str], Callable[[str], str], PageInfo]:
    """The ids of a page, what makes an id a cursor, and where the page lies."""
    listing.allowed(context.scope)
    if not 1 <= first <= MAX_PAGE:
        raise InvalidQueryError(f"first must be an integer from 1 to {MAX_PAGE}.")
    cursors = await context.cursors.cursors()
    purpose, whose = f"graphql.{listing.name}", f"{order.name} {context.scope!r}"
    behind = None if after is None else cursors.open(purpose, whose, after, tuple[str], path="after")[0]
    page = await lists.page(
        context.reader, context.scope, listing, first, behind, descending=order is ListOrder.ID_DESC
    )

    def sign(place: str) -> str:
        return cursors.sign(purpose, whose, (place,))

    place = PageInfo(
        has_next_page=page.has_more,
        has_previous_page=after is not None,
        start_cursor=sign(page.ids[0]) if page.ids else None,
        end_cursor=sign(page.ids[-1]) if page.ids else None,
    )
    return page.ids, sign, place


operators_field: Final = strawberry.field(
    _operators,
    graphql_type=Connection[Operator] | None,
    description="All operators, each with its performance on demand. For the platform's own callers.",
    metadata={PRICE: LIST},
)
accounts_field: Final = strawberry.field(
    _accounts,
    graphql_type=Connection[Account] | None,
    description="All accounts, each with its usage on demand. For administrators.",
    metadata={PRICE: LIST},
)
