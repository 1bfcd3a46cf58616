"""Questions of reports: REST, GraphQL, brute force, and the query language where it has the same figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final, Literal, TypeAlias

from tests.graph.support import expected
from tests.graph.support.checks import LENGTHS
from tests.graph.support.expected import Window, of
from tests.graph.support.store import HOUR, Row, iso
from tests.prove.callers import CALLERS, PLATFORM
from tests.prove.question import Service, halves_of
from tests.prove.sent import ACCOUNTS, OPERATORS
from tests.prove.truth import Truth
from tests.prove.ways import MOST_ROWS, WAYS, all_pages, graphql_report, rest_report
from tests.support.bins import within_tolerance

Kind = Literal["summary", "operator", "account"]
Json: TypeAlias = dict[str, Any]
SCOPES: Final[Mapping[Kind, str]] = {"summary": "PLATFORM", "operator": "OPERATOR", "account": "ACCOUNT"}
PATHS: Final[Mapping[Kind, str]] = {
    "summary": "summary",
    "operator": "operators/{}/performance",
    "account": "accounts/{}/usage",
}
FILTERS: Final[Mapping[Kind, str]] = {"operator": "operatorId", "account": "accountId"}
OWN: Final = {"t-1": "a-1", "t-2": "a-2"}  # the account of each customer
UNHEARD: Final = "op-3"
HOURS: Final = (1, 7, 24, 30, 48, 100, 240)
DAYS: Final = 80  # at most, by day
# A report's name of a figure -> the query language's.
SHARED: Final[Mapping[str, str]] = {
    "deliveredMessages": "delivered",
    "messagesDelivered": "delivered",
    "failedMessages": "failed",
    "messagesFailed": "failed",
    "delivered": "delivered",
    "failed": "failed",
    "avgLatencyMs": "avgLatencyMs",
    "peakTps": "maxTps",
}
SUMS: Final[Mapping[str, str]] = {
    **{name: name for name in ("totalMessages", "deliveredMessages", "failedMessages")},
    **{"messagesSent": "sent", "messagesDelivered": "delivered", "messagesFailed": "failed", "segments": "segments"},
}
COSTS: Final = frozenset({"totalCost"})


@dataclass(frozen=True, slots=True)
class ReportQuestion:
    """The figures of a subject in a window of whole hours, and those of its hours or days."""

    caller: str
    kind: Kind
    id: str
    window: Window
    by: str

    def __str__(self) -> str:
        return (
            f"{self.caller} asks for {self.kind} {self.id}, {iso(self.window[0])} to {iso(self.window[1])}, {self.by}"
        )

    async def differences(self, service: Service) -> Sequence[str]:
        rest, graphql = await self._rest(service), await self._graphql(service)
        service.compared["REST"] += 1
        service.compared["GraphQL report"] += 1
        lines = [] if rest == graphql else [f"GraphQL: {graphql}, REST: {rest}"]
        if self.kind == "operator" and self.id not in {row.id for row in service.truth.rows}:
            return [*lines, *([] if rest == {"refusal": "NOT_FOUND"} else [f"REST: {rest}, expected NOT_FOUND"])]
        if "refusal" in rest:
            return [*lines, f"REST is refused with {rest['refusal']}"]
        lines += [*_series_differ(rest), *await self._halves_differ(rest, service)]
        if self.caller in PLATFORM:
            lines += await self._typed_differs(rest, service)
        service.compared["brute force"] += 1
        return [*lines, *self._truth_differs(rest, service.truth)]

    def smaller(self) -> Iterator["ReportQuestion"]:
        if self.caller != "admin":
            yield replace(self, caller="admin")
        yield from self._halves()
        if self.by == "hourly":
            yield replace(self, by="daily")

    def events(self, truth: Truth) -> Sequence[object]:
        return of(truth.rows, SCOPES[self.kind], self.id, self.window).rows

    async def _rest(self, service: Service) -> Json:
        parameters = {"from": iso(self.window[0]), "to": iso(self.window[1])}
        if self.kind != "account":
            parameters["granularity"] = self.by
        path = PATHS[self.kind].format(self.id)
        return await rest_report(service.client, path, parameters, CALLERS[self.caller].headers)

    async def _graphql(self, service: Service) -> Json:
        arguments = f'window: "{iso(self.window[0])}/{iso(self.window[1])}"'
        if self.kind != "account":
            arguments += f", granularity: {self.by.upper()}"
        if self.kind != "summary":
            arguments += f', id: "{self.id}"'
        return await graphql_report(service.client, self.kind, arguments, CALLERS[self.caller].headers)

    def _halves(self) -> Sequence["ReportQuestion"]:
        return [replace(self, window=half) for half in halves_of(self.window)]

    async def _halves_differ(self, rest: Json, service: Service) -> Sequence[str]:
        """Compares the figures of the window with the sums of those of its halves."""
        parts = [await half._rest(service) for half in self._halves()]
        if not parts:
            return []
        service.compared["split windows"] += 1
        return [
            f"{name} is {rest[name]}, the halves of the window have {[part[name] for part in parts]}"
            for name in {*SUMS, *COSTS} & rest.keys()
            if Decimal(rest[name]) != sum(Decimal(part[name]) for part in parts)
        ]

    async def _typed_differs(self, rest: Json, service: Service) -> Sequence[str]:
        """Compares the figures of delivery reports, which come from PostgreSQL here and from ClickHouse there."""
        lines = []
        for name, way in WAYS.items():
            answer = await all_pages(way, service.client, self._query(), CALLERS[self.caller].headers, MOST_ROWS)
            service.compared[f"{name}, for reports"] += 1
            points = rest.get("series") or rest["dailyBreakdown"]
            for figures, row in zip([*points, rest], [*answer.rows, answer.totals], strict=True):
                lines += [f"{name}: {line}" for line in _shared_differ(figures, dict(row))]
        return lines

    def _query(self) -> Json:
        length = "day" if self.by == "daily" or self.kind == "account" else "hour"
        only = {"field": FILTERS.get(self.kind), "op": "eq", "value": self.id}
        return {
            "dataset": "dlr",
            "measures": ["delivered", "failed", "avgLatencyMs", "maxTps"],
            "time": {"from": iso(self.window[0]), "to": iso(self.window[1]), "granularity": length},
            "filter": None if self.kind == "summary" else only,
            "fill": True,
            "totals": True,
        }

    def _truth_differs(self, rest: Json, truth: Truth) -> Iterator[str]:
        rows, length = truth.rows, LENGTHS[self.by]
        wanted = {
            "summary": partial(expected.summary, rows, self.window, length, truth.as_of),
            "operator": partial(expected.performance, rows, self.id, self.window, length, truth.as_of),
            "account": partial(expected.usage, rows, self.id, self.window, truth.as_of),
        }[self.kind]()
        if datetime.fromisoformat(rest["dataAsOf"]) != truth.as_of:
            yield f"brute force: dataAsOf is {rest['dataAsOf']}, expected {truth.as_of}"
        if self.kind != "account":
            yield from self._percentiles_differ(rest, rows)
        series = "dailyBreakdown" if self.kind == "account" else "series"
        yield from _members_differ("brute force", rest, wanted)
        for point, each in zip(rest[series], wanted[series], strict=True):
            yield from _members_differ(f"brute force, {point.get('time') or point['date']}", point, each)

    def _percentiles_differ(self, rest: Json, rows: Sequence[Row]) -> Iterator[str]:
        parts = [part for _, part in expected.buckets(self.window, LENGTHS[self.by])]
        for figures, window in zip([rest, *rest["series"]], [self.window, *parts], strict=True):
            exact, found = of(rows, SCOPES[self.kind], self.id, window).exact_p95, figures["p95LatencyMs"]
            if not (found is None if exact is None else found is not None and within_tolerance(found, exact)):
                yield f"brute force: p95LatencyMs is {found} in {window}, expected {exact}"


def random_report(random: Random, edges: Sequence[datetime]) -> ReportQuestion:
    caller = random.choice([*PLATFORM, *OWN])
    kind: Kind = "account" if caller in OWN else random.choice(list(SCOPES))
    ids = {"summary": ["platform"], "operator": [*OPERATORS, UNHEARD], "account": [*ACCOUNTS, "a-3"]}[kind]
    by = random.choice(list(LENGTHS))
    start = (random.choice(edges) - random.choice([0, 1, 12, 72]) * HOUR).replace(minute=0)
    length = random.choice([*HOURS, DAYS * 24] if by == "daily" else HOURS) * HOUR
    if random.random() < 0.4:
        start, length = start.replace(hour=0), max(length // timedelta(days=1), 1) * timedelta(days=1)
    return ReportQuestion(caller, kind, OWN.get(caller) or random.choice(ids), (start, start + length), by)


def _series_differ(rest: Json) -> Sequence[str]:
    """Compares the figures of the window with the sums of its hours or days."""
    points = rest.get("series") or rest["dailyBreakdown"]
    sums = {name: sum(point[part] for point in points) for name, part in SUMS.items() if part in points[0]}
    return [
        f"{name} is {rest[name]}, its series adds up to {value}"
        for name, value in sums.items()
        if name in rest and rest[name] != value
    ]


def _shared_differ(figures: Json, row: Mapping[str, str]) -> Iterator[str]:
    for name, measure in SHARED.items():
        nothing = "0" if name == "peakTps" else ""
        if name in figures and str("" if figures[name] is None else figures[name]) != (row[measure] or nothing):
            yield f"{measure} is {row[measure]}, REST's {name} is {figures[name]} in {figures.get('time') or 'all'}"


def _members_differ(name: str, found: Json, wanted: Json) -> Iterator[str]:
    """Compares all members but series, whose points are compared one by one."""
    for member, value in wanted.items():
        if not isinstance(value, list) and found[member] != value:
            yield f"{name}: {member} is {found[member]!r}, expected {value!r}"
