"""Questions of the query language: JSON, CSV, Arrow and GraphQL give the same digits, and those of brute force."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from tests.graph.support import reference
from tests.graph.support.random_queries import APPROXIMATE, MONEY, random_query
from tests.graph.support.reference import Samples
from tests.prove import laws
from tests.prove.callers import CALLERS, Caller
from tests.prove.question import Service
from tests.prove.truth import Truth
from tests.prove.ways import MOST_ROWS, WAYS, Answer, Texts, all_pages

PAGES: Final = 3  # of the way that reads page by page
OTHERS: Final = ("CSV", "Arrow", "GraphQL query")  # than JSON; one of them reads page by page
REFUSAL: Final = "INVALID_QUERY"  # of money in several currencies
SHORT: Final = timedelta(minutes=1)  # a window that is not made smaller
OPTIONAL: Final[Mapping[str, Any]] = {
    **dict.fromkeys(["compareTo", "filter", "having"]),
    **{"orderBy": [], "totals": False, "fill": False},
}


@dataclass(frozen=True, slots=True)
class TypedQuestion:
    """A query, and who asks it."""

    caller: str
    query: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.caller} asks {json.dumps(self.query, ensure_ascii=False)}"

    async def differences(self, service: Service) -> Sequence[str]:
        caller, query = CALLERS[self.caller], dict(self.query)
        whole = await all_pages(WAYS["JSON"], service.client, query, caller.headers, MOST_ROWS)
        mixed = await _mixes_currencies(query, service, caller)
        lines = list(_beside_truth(query, whole, service, caller, REFUSAL if mixed else None))
        rows = len(whole.rows)
        for place, name in enumerate(OTHERS):
            in_pages = rows % len(OTHERS) == place
            limit = min(max(-(-rows // PAGES), 1), MOST_ROWS) if in_pages else MOST_ROWS
            answer = await all_pages(WAYS[name], service.client, query, caller.headers, limit)
            service.compared[name] += 1
            lines += _unequal(name, answer, whole)
        if whole.refusal is None and not lines:
            for law in laws.LAWS:
                lines += await law(query, caller, whole, service)
        return lines

    def smaller(self) -> Iterator["TypedQuestion"]:
        if self.caller != "admin":
            yield TypedQuestion("admin", self.query)
        for query in _smaller(self.query):
            yield TypedQuestion(self.caller, query)

    def events(self, truth: Truth) -> Sequence[object]:
        tenant, (start, end) = CALLERS[self.caller].tenant, laws.edges(self.query["time"])
        facts = truth.facts[self.query["dataset"]]
        return [fact for fact in facts if start <= fact["at"] < end and tenant in (None, fact["tenantId"])]


def random_typed(random: Random, edges: Sequence[datetime]) -> TypedQuestion:
    name = random.choice(list(CALLERS))
    query = random_query(random, masked=CALLERS[name].masked, edges=edges)
    if len(query["dimensions"]) > 1:
        query["fill"] = False  # many rows, which say little
    return TypedQuestion(name, query)


def _beside_truth(
    query: Mapping[str, Any], answer: Answer, service: Service, caller: Caller, refusal: str | None
) -> Iterator[str]:
    facts = service.truth.facts[query["dataset"]]
    service.compared["brute force"] += 1
    if answer.refusal != refusal:
        yield f"JSON is refused with {answer.refusal}, expected {refusal}"
    if answer.refusal is not None:
        return
    seen = caller.tenant, caller.pseudonyms
    yield from _rows_differ(answer.body["data"], reference.answer(query, facts, *seen))
    if query.get("totals"):
        totals = reference.totals(query, facts, *seen)
        yield from _row_differs("totals", answer.body["totals"], totals)


def _rows_differ(actual: Sequence[Any], expected: Sequence[Any]) -> Iterator[str]:
    if len(actual) != len(expected):
        yield f"JSON has {len(actual)} rows, expected {len(expected)}: {expected[:3]}"
        return
    for number, (row, wanted) in enumerate(zip(actual, expected, strict=True)):
        yield from _row_differs(f"JSON, row {number}", row, wanted)


def _row_differs(name: str, row: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for column, value in wanted.items():
        good = value.allows(row[column]) if isinstance(value, Samples) else row[column] == value
        if not good:
            yield f"{name}: {column} is {row[column]!r}, expected {value!r} in {dict(wanted)}"


async def _mixes_currencies(query: Mapping[str, Any], service: Service, caller: Caller) -> bool:
    """Whether it adds money, and the events of its windows have several currencies."""
    having = query.get("having")
    names = {*query["measures"], *(reference.fields_of(having) if having else ())}
    if not names & MONEY or "currency" in query["dimensions"]:
        return False
    counted = {**query, "measures": ["records"], "dimensions": [], **OPTIONAL, "filter": query.get("filter")}
    windows = [query["time"]]
    if query.get("compareTo"):
        compared = {**counted, "compareTo": query["compareTo"]}
        answer = await WAYS["JSON"](service.client, compared, caller.headers)
        windows.append({**query["time"], **answer.body["meta"]["previousWindow"]})
    found = [
        row["currency"]
        for window in windows
        for row in reference.answer(
            {**counted, "dimensions": ["currency"], "time": {**window, "granularity": "none"}},
            service.truth.facts["cdr"],
            caller.tenant,
            caller.pseudonyms,
        )
    ]
    return len(set(found)) > 1


def _unequal(name: str, answer: Answer, whole: Answer) -> Iterator[str]:
    if answer.refusal != whole.refusal:
        yield f"{name} is refused with {answer.refusal}, JSON with {whole.refusal}"
    elif len(answer.rows) != len(whole.rows):
        yield f"{name} has {len(answer.rows)} rows, JSON has {len(whole.rows)}"
    else:
        texts: Texts = [*answer.rows, list(answer.totals)]
        for number, (row, other) in enumerate(zip(texts, [*whole.rows, list(whole.totals)], strict=True)):
            if _exact(row) != _exact(other):
                yield f"{name}, row {number}: {dict(row)}, JSON has {dict(other)}"


def _exact(row: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The row without percentiles, whose digests may be merged in another order."""
    return [(name, text) for name, text in row if name.rpartition(".")[2] not in APPROXIMATE]


def _smaller(query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from ({**query, name: nothing} for name, nothing in OPTIONAL.items() if query.get(name))
    for name in ("filter", "having"):
        yield from ({**query, name: part} for part in _parts(query.get(name) or {}))
    for members in ("dimensions", "measures"):
        for name in query[members]:
            rest = [each for each in query[members] if each != name]
            if rest or members == "dimensions":
                yield {**query, members: rest, "orderBy": _without(query, name)}
    yield from _simpler_times(query)


def _simpler_times(query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    time = query["time"]
    if time["granularity"] != "none":
        coarse = {**time, "granularity": "none"}
        yield {**query, "time": coarse, "fill": False, "orderBy": _without(query, "time")}
    if time["timezone"] != "UTC":
        yield {**query, "time": {**time, "timezone": "UTC"}}
    if laws.length(time) > SHORT:
        yield from ({**query, "time": half} for half in laws.halves(time))


def _parts(condition: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [condition["not"]] if "not" in condition else condition.get("and") or condition.get("or") or []


def _without(query: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    return [order for order in query.get("orderBy", []) if order["field"] != name]
