"""The context of a request: what its resolvers share, such as the caller's scope and the loaders."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple, TypeAlias, TypeVar

from aiodataloader import DataLoader
from strawberry import Info

from graph.access import Scope
from graph.access.cursors import CursorKey
from graph.dsl.queries import Queries
from graph.errors import NotFoundError
from graph.gql.documents import Document
from graph.gql.streams import Streams
from graph.reports.account import accounts_usage
from graph.reports.answers import AccountUsage, OperatorPerformance
from graph.reports.freshness import ProjectionProgress
from graph.reports.operators import operators_performance
from graph.reports.reading.reader import Reader
from graph.reports.windows import Granularity, Window

MAX_QUERIES_AT_ONCE: Final = 2  # `query` fields of one request that run at the same time; the others wait


class OperatorsKey(NamedTuple):
    """Operators that share a window, a granularity and an instant are read together."""

    ids: tuple[str, ...]
    window: Window
    granularity: Granularity
    as_of: datetime | None = None


class AccountsKey(NamedTuple):
    """Accounts that share a window and an instant are read together."""

    ids: tuple[str, ...]
    window: Window
    as_of: datetime | None = None


class Sources(NamedTuple):
    """The stores and streams that all requests share."""

    reader: Reader
    cursors: CursorKey
    progress: ProjectionProgress
    streams: Streams
    closing: asyncio.Event  # set when the process stops, which ends streams
    queries: Queries


Key = TypeVar("Key")
Shared = TypeVar("Shared", bound=Hashable)


class Context:
    """One request, which arrived at `now`. Its loaders combine simultaneous reads of its fields into few."""

    def __init__(self, sources: Sources, scope: Scope, document: Document, request_id: str, now: datetime) -> None:
        self.sources, self.reader, self.cursors, self.progress = sources, *sources[:3]
        self.scope, self.document, self.request_id, self.now = scope, document, request_id, now
        self.query_slots = asyncio.Semaphore(MAX_QUERIES_AT_ONCE)

    @cached_property
    def operators(self) -> "DataLoader[OperatorsKey, Sequence[OperatorPerformance | NotFoundError]]":
        """Loads the operators of a key, in order."""
        return DataLoader(self._operators)

    @cached_property
    def accounts(self) -> DataLoader[AccountsKey, Sequence[AccountUsage]]:
        """Loads the accounts of a key, in order."""
        return DataLoader(self._accounts)

    async def operator(
        self, operator_id: str, window: Window, granularity: Granularity, as_of: datetime | None
    ) -> OperatorPerformance:
        """The performance of one operator, read together with others of the request. Raises NotFoundError."""
        key = OperatorsKey((operator_id,), window, granularity, as_of)
        ((found,),) = await (self._operators([key]) if self.document.is_single else self.operators.load_many([key]))
        if isinstance(found, NotFoundError):
            raise found
        return found

    async def account(self, account_id: str, window: Window, as_of: datetime | None) -> AccountUsage:
        """The usage of one account, read together with others of the request."""
        key = AccountsKey((account_id,), window, as_of)
        ((found,),) = await (self._accounts([key]) if self.document.is_single else self.accounts.load_many([key]))
        return found

    def granularity(self, requested: Granularity) -> Granularity:
        """The requested granularity; days if no series is selected, as sums are equal and days are faster."""
        return requested if "series" in self.document.names else "daily"

    async def _operators(self, keys: Sequence[OperatorsKey]) -> list[Sequence[OperatorPerformance | NotFoundError]]:
        found: dict[OperatorsKey, Sequence[OperatorPerformance | NotFoundError]] = {}
        for (window, granularity, as_of), group in _grouped(keys, lambda key: key[1:]).items():
            answers = await operators_performance(self.reader.at(as_of), self.scope, _ids(group), window, granularity)
            known = iter(each or NotFoundError("Nothing is known of this operator.") for each in answers)
            found.update((key, list(islice(known, len(key.ids)))) for key in group)
        return [found[key] for key in keys]

    async def _accounts(self, keys: Sequence[AccountsKey]) -> list[Sequence[AccountUsage]]:
        found: dict[AccountsKey, Sequence[AccountUsage]] = {}
        for (window, as_of), group in _grouped(keys, lambda key: key[1:]).items():
            by_day = "dailyBreakdown" in self.document.names
            usages = await accounts_usage(self.reader.at(as_of), self.scope, _ids(group), window, by_day=by_day)
            answers = iter(usages)
            found.update((key, list(islice(answers, len(key.ids)))) for key in group)
        return [found[key] for key in keys]


RequestInfo: TypeAlias = Info[Context, None]
"""The first argument of a resolver at the root, with the request's context."""


def _ids(keys: Iterable[OperatorsKey | AccountsKey]) -> list[str]:
    return [each for key in keys for each in key.ids]


def _grouped(keys: Sequence[Key], by: Callable[[Key], Shared]) -> Mapping[Shared, list[Key]]:
    groups: dict[Shared, list[Key]] = defaultdict(list)
    for key in keys:
        groups[by(key)].append(key)
    return groups
