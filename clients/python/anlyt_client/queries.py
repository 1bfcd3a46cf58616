"""The query language: queries, conditions, pages. `catalog` has a function per dataset that makes queries.

The names in a query are checked by the type checker against the catalogue, and again by the API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import httpx
from msgspec import Struct, json

from anlyt_client.answers import Explanation, Page, QueryMeta
from anlyt_client.calls import Call, as_text, camel, decoded
from anlyt_client.errors import TruncatedError
from anlyt_client.names import FieldName, Operator

Row = TypeVar("Row")
Name_co = TypeVar("Name_co", bound=str, covariant=True)
Name = TypeVar("Name", bound=FieldName)

Value: TypeAlias = str | int | float
Direction = Literal["asc", "desc"]
QUERY_PATH: Final = "/v1/anlyt/query"
ARROW: Final = "application/vnd.apache.arrow.stream"
_OF_TIME: Final = frozenset({"from", "to", "window", "last", "granularity", "timezone"})


@dataclass(frozen=True, slots=True)
class Query(Generic[Row]):
    """A query whose rows are of a type. `body` is its JSON, as the API reads it."""

    body: Mapping[str, Any]
    row: type[Row]


class QueryAnswer(Struct, Generic[Row], frozen=True, kw_only=True):
    """One page of a query. `totals` has the measures over all rows, if the query wants them."""

    data: Sequence[Row]
    totals: Row | None = None
    page: Page
    meta: QueryMeta
    explain: Explanation | None = None


@dataclass(frozen=True, slots=True)
class ArrowPage:
    """One page of a query as an Arrow IPC stream."""

    stream: bytes
    page: Page
    meta: QueryMeta


@dataclass(frozen=True, slots=True)
class Condition(Generic[Name_co]):
    """A condition over fields of some names."""

    body: Mapping[str, Any]


def where(field: Name, op: Operator, value: Value | Sequence[Value] = True) -> Condition[Name]:
    """A field compared with a value, or with a list by `in` and `notIn`. `filter` has dimensions, `having` measures."""
    return Condition({"field": field, "op": op, "value": value})


def all_of(*conditions: Condition[Name]) -> Condition[Name]:
    """All of the conditions."""
    return Condition({"and": [each.body for each in conditions]})


def any_of(*conditions: Condition[Name]) -> Condition[Name]:
    """Any of the conditions."""
    return Condition({"or": [each.body for each in conditions]})


def negated(condition: Condition[Name]) -> Condition[Name]:
    """The opposite of the condition."""
    return Condition({"not": condition.body})


def make_query(
    row: type[Row],
    dataset: str,
    measures: Sequence[str],
    dimensions: Sequence[str],
    filter_: Condition[str] | None,
    having: Condition[str] | None,
    order_by: Sequence[str | tuple[str, str]],
    options: Mapping[str, object],
) -> Query[Row]:
    """The query of a dataset. Leaves out what is not set, so that the API's defaults apply."""
    named = {camel(name): value for name, value in options.items() if value is not None}
    time = {name: _plain(value) for name, value in named.items() if name in _OF_TIME}
    body = {
        "dataset": dataset,
        "measures": list(measures),
        "dimensions": list(dimensions),
        "time": time,
        "filter": filter_ and filter_.body,
        "having": having and having.body,
        "orderBy": [_order(each) for each in order_by],
        **{name: value for name, value in named.items() if name not in _OF_TIME},
    }
    return Query({name: value for name, value in body.items() if value not in (None, [])}, row)


def page_call(query: Query[Row], after: str | None) -> Call[QueryAnswer[Row]]:
    """The call for one page of rows."""
    answer: Any = QueryAnswer[query.row]  # type: ignore[name-defined]  # the type of rows is a value here
    return Call("POST", QUERY_PATH, lambda response: decoded(response, answer), {}, _content(query, after))


def arrow_call(query: Query[Any], after: str | None) -> Call[ArrowPage]:
    """The call for one page in Arrow."""
    return Call("POST", QUERY_PATH, _arrow_page, {}, _content(query, after), ARROW)


def cursor_after(answer: QueryAnswer[Any] | ArrowPage) -> str | None:
    """The cursor of the next page, or None after the last one. Raises TruncatedError if rows were left out."""
    if answer.page.has_next_page:
        return answer.page.end_cursor
    if answer.meta.truncated:
        most = answer.meta.row_cap
        raise TruncatedError(f"The query has more than {most:,} rows. Query a shorter window, or fewer dimensions.")
    return None


def _arrow_page(response: httpx.Response) -> ArrowPage:
    page, meta = (response.headers[f"X-Anlyt-{name}"] for name in ("Page", "Meta"))
    return ArrowPage(response.content, json.decode(page, type=Page), json.decode(meta, type=QueryMeta))


def _content(query: Query[Any], after: str | None) -> bytes:
    return json.encode(query.body if after is None else {**query.body, "after": after})


def _order(column: str | tuple[str, str]) -> Mapping[str, str]:
    if isinstance(column, str):
        return {"field": column}
    field, direction = column
    return {"field": field, "direction": direction}


def _plain(value: object) -> object:
    return as_text(value) if isinstance(value, datetime) else value
