"""Facts for insights, requests through REST and GraphQL, and the expected figures by brute force."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random
from typing import Any, Final

from tests.graph.support.queries import QueryClient, Row, records, reports

WINDOW: Final = "2026-10-01T00:00:00Z/2026-10-04T00:00:00Z"
MNO_FIELDS: Final = (
    "window { from to } dataAsOf completeUntil mnos { mno messages terminal share deliveryRate errorRate esmeErrorRate "
    "p50LatencyMs p95LatencyMs suppressed lowSample }"
)
COST_FIGURES: Final = "messages delivered deliveryRate cost costPerDelivered"
COST_FIELDS: Final = (
    "window { from to } dataAsOf completeUntil "
    f"mnos {{ mno currency {COST_FIGURES} days {{ date {COST_FIGURES} quality }} }}"
)


def _few(tenant: str, mno: str, count: int, first_key: int) -> Sequence[Row]:
    """`count` delivered reports of one MNO, near the limit of suppression."""
    like = {**reports(Random(1), 1)[0], "tenant_id": tenant, "mno": mno, "status": "DELIVERED", "error_code": None}
    return [{**like, "event_key": first_key + number} for number in range(count)]


# t-2 has 19 terminal reports of SALAAM, and 20 of ETISALAT_AF: on both sides of the limit of suppression.
REPORTS: Final = [
    *reports(Random(21), 1200),
    *_few("t-2", "SALAAM", 19, 10_000),
    *_few("t-2", "ETISALAT_AF", 20, 20_000),
    *[{**row, "status": "PENDING"} for row in _few("t-2", "SALAAM", 5, 30_000)],
]
RECORDS: Final = [
    {**row, "status": "PENDING"} if row["event_key"] % 11 == 0 else row for row in records(Random(22), 400)
]


async def same_answer(
    query_client: QueryClient, path: str, field: str, caller: Mapping[str, str], **parameters: str
) -> Any:
    """The answer of REST, which GraphQL must equal. `parameters` are GraphQL's arguments."""
    window = parameters.pop("window", WINDOW)
    start, _, end = window.partition("/")
    response = await query_client.client.get(
        f"/v1/insights/{path}", params={"from": start, "to": end, **parameters}, headers=dict(caller)
    )
    assert response.status_code == 200, response.text
    name = field.partition("(")[0]
    fields = MNO_FIELDS if name == "mnoQuality" else COST_FIELDS
    arguments = {"window": f'"{window}"', **{key: _literal(key, value) for key, value in parameters.items()}}
    argument_list = ", ".join(f"{key}: {value}" for key, value in arguments.items())
    body = {"query": f"{{ {name}({argument_list}) {{ {fields} }} }}"}
    answer = (await query_client.client.post("/graphql", json=body, headers=dict(caller))).json()
    assert "errors" not in answer, answer
    assert answer["data"][name] == response.json()
    return response.json()


async def quality(query_client: QueryClient, caller: Mapping[str, str], **parameters: str) -> Any:
    """The answer of mnoQuality."""
    return await same_answer(query_client, "mno-quality", "mnoQuality", caller, **parameters)


async def cost(query_client: QueryClient, caller: Mapping[str, str], **parameters: str) -> Any:
    """The answer of costQuality."""
    return await same_answer(query_client, "cost-quality", "costQuality", caller, **parameters)


def _literal(name: str, value: str) -> str:
    return value.upper() if name == "direction" else f'"{value}"'


def four_decimals(part: int, whole: int) -> float | None:
    """A rate, rounded half up to 4 decimals; None for 0/0."""
    if not whole:
        return None
    exact = Fraction(part, whole) * 10_000
    return int(exact + Fraction(1, 2)) / 10_000


def six_decimals(amount: Decimal, among: int) -> str | None:
    if not among:
        return None
    return str((amount / among).quantize(Decimal("0.000001"), ROUND_HALF_UP))


def expected_quality(rows: Sequence[Row], fewest: int = 0) -> Mapping[str, Any]:
    """MNO -> messages, terminal, deliveryRate, errorRate and esmeErrorRate; None below `fewest` terminal ones."""
    figures: dict[str, Any] = {}
    for mno in {row["mno"] for row in rows}:
        messages = sum(row["mno"] == mno for row in rows)
        terminal = [row for row in rows if row["mno"] == mno and row["status"] != "PENDING"]
        count = len(terminal)
        delivered = sum(row["status"] == "DELIVERED" for row in terminal)
        coded = sum(row["error_code"] is not None for row in terminal)
        rates = (four_decimals(part, count) for part in (delivered, count - delivered, coded))
        figures[mno] = (messages, count, *rates) if count >= fewest else None
    return figures


def expected_cost(rows: Sequence[Row]) -> tuple[Any, ...]:
    """Returns messages, delivered, deliveryRate, cost and costPerDelivered."""
    delivered = sum(row["status"] == "DELIVERED" for row in rows)
    terminal = sum(row["status"] != "PENDING" for row in rows)
    amount = sum((row["charge_amount"] for row in rows), Decimal(0))
    rate = four_decimals(delivered, terminal)
    return (len(rows), delivered, rate, f"{amount:.6f}", six_decimals(amount, delivered))
