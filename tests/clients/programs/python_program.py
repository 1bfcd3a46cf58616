"""Calls the API by the installed package, by both clients, and prints what they return and raise as JSON.

Its argument has the addresses: `api`, `limited` (which limits tenants to one request per second), `down` (without its
stores), `cut` (whose first connections are cut) and `dead` (all of whose connections are cut).
"""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import msgspec

from anlyt_client import (
    AnlytError,
    ApiError,
    AsyncClient,
    Client,
    Query,
    Retries,
    all_of,
    any_of,
    cdr,
    dlr,
    negated,
    where,
)
from anlyt_client.catalog import DlrRow

ADMIN: Final = {"X-Caller": "admin-dashboard"}
WINDOW: Final = ("2026-10-01T00:00:00Z", "2026-10-04T00:00:00Z")
ONCE: Final = Retries(attempts=1)
SOON: Final = Retries(pause=0.01)


def tenant(name: str) -> Mapping[str, str]:
    return {"X-Caller": "customer-portal", "X-Tenant-Id": name, "X-Account-Id": "acc-1"}


def by_code(limit: int = 50) -> Query[DlrRow]:
    return dlr(
        ["messages", "deliveryRate", "avgLatencyMs"],
        ["errorCode", "lane"],
        from_=WINDOW[0],
        to=WINDOW[1],
        granularity="day",
        timezone="Asia/Kabul",
        filter=all_of(
            any_of(where("lane", "in", ["OTP"]), where("lane", "eq", "MARKETING")),
            negated(where("status", "eq", "EXPIRED")),
        ),
        having=where("messages", "gte", 1),
        order_by=["time", ("messages", "desc")],
        compare_to="previousPeriod",
        totals=True,
        limit=limit,
    )


MONEY: Final = cdr(["cost", "records"], ["currency"], from_=WINDOW[0], to=WINDOW[1])


def reports(url: str) -> Any:
    start, end = WINDOW
    with Client(url, ADMIN) as client:
        page = client.query(by_code())
        return {
            "summary": client.summary(from_=start, to=end, granularity="daily"),
            "operator": client.operator_performance("op-1", from_=start, to=end),
            "account": client.account_usage("acc-1", from_=start, to=end),
            "throughput": client.throughput(from_=start, to=end, resolution="1h", operator_id="op-1"),
            "breakdown": client.delivery_breakdown(from_=start, to=end),
            "top": client.top_operators(from_=start, to=end, limit=2),
            "quality": client.mno_quality(from_=start, to=end, lane="OTP"),
            "cost": client.cost_quality(from_=start, to=end),
            "catalog": client.catalog(),
            "rows": list(client.rows(by_code())),
            "pages": [len(each.data) for each in client.pages(by_code())],
            "totals": page.totals,
            "meta": page.meta.source,
            "money": list(client.rows(MONEY)),
            "pandas": json.loads(client.pandas(by_code()).to_json(orient="records")),
            "polars": client.polars(by_code()).to_dicts(),
            "arrow": client.arrow(by_code()).to_pylist(),
        }


async def asynchronous_reports(url: str) -> Any:
    start, end = WINDOW
    async with AsyncClient(url, lambda: ADMIN) as client:
        return {
            "summary": await client.summary(from_=start, to=end, granularity="daily"),
            "account": await client.account_usage("acc-1", from_=start, to=end),
            "rows": [row async for row in client.rows(by_code())],
            "polars": (await client.polars(by_code())).to_dicts(),
        }


def failure(call: Callable[[], object]) -> Any:
    try:
        return {"answer": call()}
    except ApiError as error:
        return {
            "class": type(error).__name__,
            "code": error.code,
            "status": error.status,
            "retryAfter": error.retry_after,
            "hasId": bool(error.request_id),
            "paths": [each.path for each in error.problems],
        }
    except AnlytError as error:
        return {"class": type(error).__name__}


def failures(addresses: Mapping[str, str]) -> Any:
    start, end = WINDOW
    first, second = (Client(addresses["api"], tenant(name)) for name in ("t-1", "t-2"))
    cursor = first.query(by_code(1)).page.end_cursor
    limited = [Client(addresses["limited"], tenant("t-1"), retries=each) for each in (ONCE, SOON)]
    while "answer" in (refused := failure(limited[0].catalog)):
        pass
    with Client(addresses["dead"], ADMIN, retries=SOON) as dead, Client(addresses["api"], {}) as nobody:
        return {
            "window": failure(lambda: first.mno_quality(from_=end, to=start)),
            "query": failure(lambda: first.query(dlr(["messages"], last="7 days", timezone="Nowhere"))),
            "nobody": failure(nobody.summary),
            "forbidden": failure(first.summary),
            "account": failure(lambda: first.account_usage("acc-2")),
            "unknown": failure(lambda: Client(addresses["api"], ADMIN).operator_performance("op-9")),
            "foreign": failure(lambda: second.query(by_code(1), cursor)),
            "tampered": failure(lambda: first.query(by_code(1), f"x{cursor}")),
            "limited": refused,
            "limited and repeated": failure(lambda: len(limited[1].mno_quality(from_=start, to=end).mnos)),
            "down": failure(lambda: Client(addresses["down"], ADMIN, retries=ONCE).summary()),
            "dead": failure(dead.summary),
            "no API": failure(lambda: Client(addresses["down"] + "/docs", ADMIN).summary()),
        }


def exports(addresses: Mapping[str, str]) -> Any:
    """An export and its files; the same one by its key; one whose first connections are cut; and a cancelled one."""
    with Client(addresses["exports"], ADMIN) as client:
        done = client.export(by_code(10_000), key="the-same")
        with Client(addresses["cut exports"], ADMIN, retries=SOON) as cut:
            after_cuts = cut.request_export(by_code(10_000), "parquet")
        listed = client.list_exports().data
        cancelled = client.cancel_export(after_cuts.id)
        return {
            "files": [httpx.get(each.url).text for each in done.files],
            "rows": (done.rows, sum(each.rows for each in done.files)),
            "is same": client.request_export(by_code(10_000), key="the-same").id == done.id,
            "listed": [each.id for each in listed] == [after_cuts.id, done.id],
            "formats": [each.request["format"] for each in listed],
            "cancelled": cancelled.status,
            "other query": failure(lambda: client.request_export(by_code(1), key="the-same")),
            "failed": failure(lambda: client.export(by_code(10_000), key=_cancelled(client))),
            "without S3": failure(lambda: Client(addresses["api"], ADMIN, retries=ONCE).export(by_code())),
        }


def _cancelled(client: Client) -> str:
    """The key of an export that is cancelled."""
    client.cancel_export(client.request_export(by_code(10_000), key="cancelled").id)
    return "cancelled"


def repeated(url: str) -> Any:
    with Client(url, ADMIN, retries=SOON) as client:
        return client.summary(from_=WINDOW[0], to=WINDOW[1], granularity="daily")


async def live(addresses: Mapping[str, str]) -> Any:
    """Two events, of which the second comes by another connection; and the refusals of a caller without the right."""
    received = []
    async with AsyncClient(addresses["live"], ADMIN, retries=SOON) as client:
        async for event in client.live_throughput(every=1):
            received.append(event)
            if len(received) == 2:
                break
    with Client(addresses["api"], tenant("t-1")) as portal:
        refused = failure(lambda: next(iter(portal.live_throughput())))
    return {"events": received, "refused": refused}


def main(addresses: Mapping[str, str]) -> None:
    result = {
        "sync": reports(addresses["api"]),
        "async": asyncio.run(asynchronous_reports(addresses["api"])),
        "repeated": repeated(addresses["cut"]),
        "failures": failures(addresses),
        "exports": exports(addresses),
        "live": asyncio.run(live(addresses)),
    }
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
