"""Facts to have insights into, both faces asked at once, and the same figures by brute force."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random
from typing import Any, Final

from tests.graph.support.queries import Asker, Row, records, reports

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
    """Delivered reports of one MNO, so few or so many that it matters."""
    like = {**reports(Random(1), 1)[0], "tenant_id": tenant, "mno": mno, "status": "DELIVERED", "error_code": None}
    return [{**like, "event_key": first_key + number} for number in range(count)]


# t-2 has used SALAAM 19 times, and ETISALAT_AF 20 times: on both sides of the line.
REPORTS: Final = [
    *reports(Random(21), 1200),
    *_few("t-2", "SALAAM", 19, 10_000),
    *_few("t-2", "ETISALAT_AF", 20, 20_000),
    *[{**row, "status": "PENDING"} for row in _few("t-2", "SALAAM", 5, 30_000)],
]
RECORDS: Final = [
    {**row, "status": "PENDING"} if row["event_key"] % 11 == 0 else row for row in records(Random(22), 400)
]


async def both(asker: Asker, path: str, field: str, caller: Mapping[str, str], **asked: str) -> Any:
    """The answer of REST, which GraphQL has to give, too. `asked`: GraphQL's arguments, but for the window."""
    window = asked.pop("window", WINDOW)
    start, _, end = window.partition("/")
    response = await asker.client.get(
        f"/v1/insights/{path}", params={"from": start, "to": end, **asked}, headers=dict(caller)
    )
    assert response.status_code == 200, response.text
    name = field.partition("(")[0]
    fields = MNO_FIELDS if name == "mnoQuality" else COST_FIELDS
    arguments = {"window": f'"{window}"', **{key: _literal(key, value) for key, value in asked.items()}}
    written = ", ".join(f"{key}: {value}" for key, value in arguments.items())
    body = {"query": f"{{ {name}({written}) {{ {fields} }} }}"}
    answer = (await asker.client.post("/graphql", json=body, headers=dict(caller))).json()
    assert "errors" not in answer, answer
    assert answer["data"][name] == response.json()
    return response.json()


async def quality(asker: Asker, caller: Mapping[str, str], **asked: str) -> Any:
    return await both(asker, "mno-quality", "mnoQuality", caller, **asked)


async def cost(asker: Asker, caller: Mapping[str, str], **asked: str) -> Any:
    return await both(asker, "cost-quality", "costQuality", caller, **asked)


def _literal(name: str, value: str) -> str:
    return value.upper() if name == "direction" else f'"{value}"'


def four_decimals(part: int, whole: int) -> float | None:
    """Half up, as every rate."""
    if not whole:
        return None
    exact = Fraction(part, whole) * 10_000
    return int(exact + Fraction(1, 2)) / 10_000


def six_decimals(amount: Decimal, among: int) -> str | None:
    if not among:
        return None
    return str((amount / among).quantize(Decimal("0.000001"), ROUND_HALF_UP))


def expected_quality(rows: Sequence[Row], fewest: int = 0) -> Mapping[str, Any]:
    """MNO -> messages, terminal, deliveryRate, errorRate and esmeErrorRate; None for fewer than `fewest` final ones."""
    found: dict[str, Any] = {}
    for mno in {row["mno"] for row in rows}:
        messages = sum(row["mno"] == mno for row in rows)
        terminal = [row for row in rows if row["mno"] == mno and row["status"] != "PENDING"]
        count = len(terminal)
        delivered = sum(row["status"] == "DELIVERED" for row in terminal)
        coded = sum(row["error_code"] is not None for row in terminal)
        rates = (four_decimals(part, count) for part in (delivered, count - delivered, coded))
        found[mno] = (messages, count, *rates) if count >= fewest else None
    return found


def expected_cost(rows: Sequence[Row]) -> tuple[Any, ...]:
    """messages, delivered, deliveryRate, cost, costPerDelivered."""
    delivered = sum(row["status"] == "DELIVERED" for row in rows)
    terminal = sum(row["status"] != "PENDING" for row in rows)
    amount = sum((row["charge_amount"] for row in rows), Decimal(0))
    rate = four_decimals(delivered, terminal)
    return (len(rows), delivered, rate, f"{amount:.6f}", six_decimals(amount, delivered))
