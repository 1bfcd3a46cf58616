"""What must hold between answers of the query language, whatever the events are."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

from tests.graph.support import reference
from tests.graph.support.random_queries import APPROXIMATE
from tests.prove.callers import Caller
from tests.prove.question import Service
from tests.prove.ways import MOST_ROWS, WAYS, Answer, all_pages

Query: TypeAlias = Mapping[str, Any]
Law: TypeAlias = Callable[[Query, Caller, Answer, Service], Awaitable[Sequence[str]]]
Sums: TypeAlias = Mapping[tuple[str, ...], Mapping[str, Decimal]]

ADDITIVE: Final = frozenset(
    {"messages", "delivered", "failed", "pending", "records", "segments", "cost"}
    | {"evaluations", "blocked", "held", "flagged", "allowed"}
)


async def split_windows(query: Query, caller: Caller, whole: Answer, service: Service) -> Sequence[str]:
    """Both halves of a window add up to the window."""
    measures = ADDITIVE.intersection(query["measures"])
    if not measures or query["time"]["granularity"] != "none" or query.get("having"):
        return []
    parts = halves(query["time"])
    plain = {**query, "compareTo": None, "totals": False}
    answers = [
        await all_pages(WAYS["JSON"], service.client, {**plain, "time": part}, caller.headers, MOST_ROWS)
        for part in parts
    ]
    service.compared["split windows"] += 1
    rows = [row for answer in answers for row in answer.body["data"]]
    wanted, found = (_sums(each, query, measures) for each in (whole.body["data"], rows))
    return _unequal("the halves of the window", found, wanted)


async def totals_are_sums(query: Query, _: Caller, whole: Answer, service: Service) -> Sequence[str]:
    """The totals are the sum of the rows, unless a row is left out or an event is in several rows."""
    measures = ADDITIVE.intersection(query["measures"])
    known = {name for name in measures if query.get("totals") and whole.body["totals"][name] is not None}
    if not known or query.get("having") or "ruleType" in query["dimensions"]:
        return []
    service.compared["totals"] += 1
    whole_window = {**query, "dimensions": []}
    wanted, found = (_sums(each, whole_window, known) for each in ([whole.body["totals"]], whole.body["data"]))
    return _unequal("the rows", found or {(): dict.fromkeys(known, Decimal(0))}, wanted)


async def zones(query: Query, caller: Caller, whole: Answer, service: Service) -> Sequence[str]:
    """Without buckets, the time zone does not matter; hours are those of any zone of whole hours."""
    granularity, zone = query["time"]["granularity"], query["time"]["timezone"]
    if query.get("compareTo") or not (granularity == "none" or (granularity == "hour" and zone in WHOLE_HOURS)):
        return []
    other = {**query["time"], "timezone": "Asia/Tokyo" if granularity == "hour" else "Asia/Kathmandu"}
    answer = await all_pages(WAYS["JSON"], service.client, {**query, "time": other}, caller.headers, MOST_ROWS)
    service.compared["other zones"] += 1
    rows, wanted = ([list(_in_utc(row)) for row in each.body["data"]] for each in (answer, whole))
    return [] if rows == wanted else [f"in {other['timezone']}: {rows[:3]}, expected {wanted[:3]}"]


async def previous_windows(query: Query, caller: Caller, whole: Answer, service: Service) -> Sequence[str]:
    """Without buckets, `previous` is the answer about the window that the answer names."""
    if not query.get("compareTo") or query["time"]["granularity"] != "none":
        return []
    before = {**query["time"], **whole.body["meta"]["previousWindow"]}
    plain = {**query, "time": before, "having": None, "orderBy": []}
    facts = service.truth.facts[query["dataset"]]
    rows = reference.answer(plain, facts, caller.tenant, caller.pseudonyms)
    by_group = {tuple(row[name] for name in query["dimensions"]): row for row in rows}
    nothing = reference.answer({**plain, "dimensions": []}, (), None, None)[0]
    service.compared["previous windows"] += 1
    return [
        f"previous of {row} should be {wanted}"
        for row in whole.body["data"]
        for wanted in [by_group.get(tuple(row[name] for name in query["dimensions"]), nothing)]
        for name in query["measures"]
        if name not in APPROXIMATE and row["previous"][name] != wanted[name]
    ]


LAWS: Final[Sequence[Law]] = (split_windows, totals_are_sums, zones, previous_windows)
WHOLE_HOURS: Final = frozenset({"UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo"})


def edges(time: Query) -> tuple[datetime, datetime]:
    """The start and the end of a window."""
    start, end = (datetime.fromisoformat(time[edge]).astimezone(UTC) for edge in ("from", "to"))
    return start, end


def length(time: Query) -> timedelta:
    start, end = edges(time)
    return end - start


def halves(time: Query) -> Sequence[Query]:
    """The two parts of a window, which meet at a whole hour if one lies within; none if it is too short."""
    start, end = edges(time)
    middle = start + (end - start) / 2
    hour = middle.replace(minute=0, second=0, microsecond=0)
    meet = hour if start < hour else middle
    if not start < meet < end:
        return []
    return [{**time, "to": meet.isoformat()}, {**time, "from": meet.isoformat()}]


def _sums(rows: Sequence[Mapping[str, Any]], query: Query, measures: frozenset[str] | set[str]) -> Sums:
    sums: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for row in rows:
        group = sums.setdefault(
            tuple(str(row[name]) for name in query["dimensions"]), dict.fromkeys(measures, Decimal())
        )
        for name in measures:
            group[name] += Decimal(row[name] or 0)
    return sums


def _unequal(name: str, found: Sums, wanted: Sums) -> Sequence[str]:
    return [
        f"{name} add up to {found.get(key)} in {key}, expected {wanted.get(key)}"
        for key in found.keys() | wanted.keys()
        if found.get(key) != wanted.get(key)
    ]


def _in_utc(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name == "time":
            yield name, datetime.fromisoformat(value).astimezone(UTC)
        elif name not in APPROXIMATE:
            yield name, value
