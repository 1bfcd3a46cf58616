"""Those who ask during a run: dashboards of many tenants, finance, explorers with bad habits, and exports.

Each caller has one connection, and asks again some time after it began to ask, or as soon as it is answered if that is
later. An answer is of its kind: answered, or refused with a status that says why and when to come back. Any other
status, and a lost connection, fail the benchmark.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from time import perf_counter
from typing import Final, NamedTuple

import msgspec

from bench.live import tenant_name
from bench.load import Answer, HttpClient, RefusedError
from bench.requests import ADMIN, EXPORTS, FINANCE, REPORTS, get, post, query, tenant

DASHBOARD: Final = 5.0  # seconds between two looks of a dashboard
HABIT: Final = 0.2  # ... between two queries of somebody who does not wait
FINANCE_PAUSE: Final = 10.0
EXPORT_PAUSE: Final = 30.0
LONGEST: Final = 120.0  # seconds until an answer that does not come fails the benchmark
REFUSED: Final = frozenset({422, 429, 503})
HEAVY, HEAVY_CONNECTIONS, EXPLORERS = tenant_name(0), 8, 4


@dataclass
class Answers:
    """The seconds of answers, and those of refusals by status, code and detail; digits of the detail are left out."""

    answered: list[float] = field(default_factory=list)
    refused: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def refusals(self) -> list[float]:
        return [seconds for found in self.refused.values() for seconds in found]


class Question(NamedTuple):
    """A kind of request."""

    kind: str
    request: bytes


@dataclass(frozen=True)
class Asker:
    """Somebody with questions, in turns. `pause`: seconds from one question to the next."""

    questions: Sequence[Question]
    pause: float

    async def ask(self, url: str, answers: Mapping[str, Answers], random: Random, speed: float) -> None:
        """Asks until it is cancelled, `speed` times as often. The first time is random."""
        client = await HttpClient.open(url)
        try:
            pause = self.pause / speed
            await asyncio.sleep(random.uniform(0, pause))
            for kind, request in cycle(self.questions):
                began = perf_counter()
                async with asyncio.timeout(LONGEST):
                    answer = await client.exchange(request)
                seconds = perf_counter() - began
                _note(answers[kind], answer, seconds)
                if b"connection: close" in answer.head:
                    client.close()
                    client = await HttpClient.open(url)
                await asyncio.sleep(max(pause - seconds, 0))
        finally:
            client.close()


def _note(answers: Answers, answer: Answer, seconds: float) -> None:
    if answer.status == 200:
        answers.answered.append(seconds)
    elif answer.status in REFUSED:
        problem = msgspec.json.decode(answer.body)
        detail = re.sub(r"\d+", "N", problem["detail"])
        answers.refused[f"{answer.status} {problem['code']}: {detail}"].append(seconds)
    else:
        raise RefusedError(answer)


class Crowd(NamedTuple):
    """All askers: those who are always there, and those with bad habits."""

    regular: Sequence[Asker]
    heavy: Sequence[Asker]


def crowd(tenants: int, today: datetime) -> Crowd:
    """Dashboards of the tenants from the second to the last, of which the last is the light one; and all others."""
    dashboards = [
        _dashboard(number, today, "light tenant" if number == tenants else "dashboard")
        for number in range(1, tenants + 1)
    ]
    finance = Asker([Question("finance's year", query(FINANCE, _year(today)))], FINANCE_PAUSE)
    heavy = [Asker([Question("heavy tenant", query(tenant(HEAVY), each)) for each in _dear(today)], HABIT)]
    explorers = [Asker([Question("admin's explorer", query(ADMIN, each)) for each in _dear(today)], HABIT)]
    return Crowd([*dashboards, finance], heavy * HEAVY_CONNECTIONS + explorers * EXPLORERS)


def _dashboard(number: int, today: datetime, kind: str) -> Asker:
    """A report and a query, one after the other; each every DASHBOARD seconds."""
    caller, account = tenant_name(number), f"acc-{number * 5}"
    week = {
        "from": f"{today - timedelta(days=6):%Y-%m-%dT%H:%M:%SZ}",
        "to": f"{today + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    report = get(f"{REPORTS}/accounts/{account}/usage", tenant(caller, account), **week)
    body = {
        "dataset": "dlr",
        "measures": ["messages", "deliveryRate"],
        "dimensions": ["status"],
        "time": {**week, "granularity": "day", "timezone": "UTC"},
    }
    questions = [Question(f"{kind}, report", report), Question(f"{kind}, query", query(tenant(caller), body))]
    return Asker(questions, DASHBOARD / len(questions))


def _year(today: datetime) -> Mapping[str, object]:
    time = {"from": (today - timedelta(days=365)).isoformat(), "to": today.isoformat(), "granularity": "month"}
    return {
        "dataset": "cdr",
        "measures": ["records", "cost"],
        "dimensions": ["currency", "status"],
        "time": {**time, "timezone": "UTC"},
    }


def _dear(today: datetime) -> Iterator[Mapping[str, object]]:
    """Queries that only facts can answer, over all days."""
    time = {
        "from": (today - timedelta(days=89, minutes=1)).isoformat(),
        "to": (today - timedelta(minutes=1)).isoformat(),
    }
    for dimensions in (["accountId"], ["accountId", "errorCode"], ["errorCode", "status", "lane"]):
        yield {
            "dataset": "dlr",
            "measures": ["messages", "p95LatencyMs", "esmeErrorRate"],
            "dimensions": dimensions,
            "time": {**time, "granularity": "hour", "timezone": "UTC"},
            "limit": 1000,
        }


async def export(url: str, answers: Mapping[str, Answers], today: datetime) -> None:
    """Requests exports of a month of facts and follows each to its end, until it is cancelled."""
    client, kind = await HttpClient.open(url), answers["export, to its end"]
    window = {"from": (today - timedelta(days=30)).isoformat(), "to": today.isoformat()}
    body = {
        "format": "csv",
        "dataset": "dlr",
        "measures": ["messages", "deliveryRate"],
        "dimensions": ["accountId", "status"],
        "time": {**window, "granularity": "hour", "timezone": "UTC"},
    }
    try:
        while True:
            began = perf_counter()
            requested = await client.exchange(post(EXPORTS, ADMIN, body))
            if requested.status == 202:
                await _follow(client, kind, msgspec.json.decode(requested.body)["id"])
                kind.answered.append(perf_counter() - began)
            else:
                _note(kind, requested, perf_counter() - began)
            await asyncio.sleep(max(EXPORT_PAUSE - perf_counter() + began, 0))
    finally:
        client.close()


async def _follow(client: HttpClient, answers: Answers, export_id: str) -> None:
    """Waits for the end of an export. That the API is busy is noted, and ends no export."""
    while True:
        began = perf_counter()
        answer = await client.exchange(get(f"{EXPORTS}/{export_id}"))
        if answer.status == 200:
            state = msgspec.json.decode(answer.body)
            if state["status"] == "done":
                return
            assert state["status"] in {"queued", "running"}, state
        else:
            _note(answers, answer, perf_counter() - began)
        await asyncio.sleep(0.5)
