"""Questions of reports about all operators, and of throughput: REST, GraphQL and brute force."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, Final, TypeAlias

from tests.graph.support.expected import Window, of
from tests.graph.support.store import HOUR, Row, iso
from tests.prove.callers import CALLERS, PLATFORM
from tests.prove.question import Service, halves_of
from tests.prove.sent import OPERATORS
from tests.prove.truth import Truth
from tests.prove.ways import graphql_report, rest_report

Json: TypeAlias = dict[str, Any]
Counts: TypeAlias = Sequence[tuple[Any, ...]]
"""What the report counts: (operator, messages, delivered, failed), or only the sums of a throughput."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A report: its field in GraphQL, its parameters in REST, and its arguments beside the window in GraphQL."""

    field: str
    parameters: Mapping[str, str]
    arguments: str
    counts: Callable[[Json], Counts]


def _of_breakdown(answer: Json) -> Counts:
    return [(each["operatorId"], each["total"], each["delivered"], each["failed"]) for each in answer["byOperator"]]


def _of_top(answer: Json) -> Counts:
    names = ("operatorId", "totalMessages", "deliveredMessages", "failedMessages")
    return [tuple(each[name] for name in names) for each in answer["operators"]]


def _of_throughput(answer: Json) -> Counts:
    return [tuple(sum(point[name] for point in answer["series"]) for name in ("messages", "delivered", "failed"))]


REPORTS: Final[Mapping[str, Ranking]] = {
    "delivery-breakdown": Ranking("deliveryBreakdown", {}, "", _of_breakdown),
    "top-operators": Ranking(
        "topOperators", {"limit": "9", "granularity": "daily"}, ", limit: 9, granularity: DAILY", _of_top
    ),
    "throughput": Ranking("throughput", {"resolution": "5m"}, ", resolution: FIVE_MINUTES", _of_throughput),
}
HOURS: Final = (1, 7, 24, 100)


@dataclass(frozen=True, slots=True)
class RankingQuestion:
    """One of REPORTS about a window of whole hours."""

    caller: str
    report: str
    window: Window

    def __str__(self) -> str:
        return f"{self.caller} asks for {self.report}, {iso(self.window[0])} to {iso(self.window[1])}"

    async def differences(self, service: Service) -> Sequence[str]:
        ranking, headers = REPORTS[self.report], CALLERS[self.caller].headers
        start, end = map(iso, self.window)
        rest = await rest_report(service.client, self.report, {"from": start, "to": end, **ranking.parameters}, headers)
        arguments = f'window: "{start}/{end}"{ranking.arguments}'
        graphql = await graphql_report(service.client, ranking.field, arguments, headers)
        service.compared.update(["REST", "GraphQL report", "brute force"])
        lines = [] if rest == graphql else [f"GraphQL: {graphql}, REST: {rest}"]
        if "refusal" in rest:
            return [*lines, f"REST is refused with {rest['refusal']}"]
        found, wanted = list(ranking.counts(rest)), self._wanted(service.truth.rows)
        return [*lines, *([] if found == wanted else [f"brute force: {found}, expected {wanted}"])]

    def smaller(self) -> Iterator["RankingQuestion"]:
        if self.caller != "admin":
            yield replace(self, caller="admin")
        yield from (replace(self, window=half) for half in halves_of(self.window))

    def events(self, truth: Truth) -> Sequence[object]:
        return of(truth.rows, "PLATFORM", "platform", self.window).rows

    def _wanted(self, rows: Sequence[Row]) -> Counts:
        if self.report == "throughput":
            whole = of(rows, "PLATFORM", "platform", self.window)
            return [(whole.messages, whole.delivered, whole.failed)]
        sums = [(each, of(rows, "OPERATOR", each, self.window)) for each in OPERATORS]
        counts = [(each, some.messages, some.delivered, some.failed) for each, some in sums if some.rows]
        return sorted(counts, key=lambda each: (-each[1], each[0]))


def random_ranking(random: Random, edges: Sequence[datetime]) -> RankingQuestion:
    start = (random.choice(edges) - random.choice([0, 1, 12]) * HOUR).replace(minute=0)
    window = start, start + random.choice(HOURS) * HOUR
    return RankingQuestion(random.choice(PLATFORM), random.choice(list(REPORTS)), window)
