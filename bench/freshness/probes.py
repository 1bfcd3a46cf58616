"""Asks for marked events until an answer has them, on each path from an event to an answer.

One event at a time is on its way, and one path asks for it: it asks again when at least PAUSE seconds have passed since
the last answer, and as long as that answer took. So a connection asks for at most half of the time.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any, Final, NamedTuple

import msgspec
from nats.aio.client import Client

from bench.live import PROBE, event, probe_tail
from bench.load import HttpClient
from bench.requests import REPORTS, get, graphql, query, tenant
from schema.streams import SMS_DLR

PAUSE: Final = 0.005  # seconds
NOT_NOW: Final = frozenset({429, 503})
USAGE: Final = f"{REPORTS}/accounts/{PROBE}/usage"
ACCOUNT: Final = """query($id: ID!, $from: DateTime!, $to: DateTime!) {
  account(id: $id, from: $from, to: $to) { messagesDelivered } }"""


class Path(NamedTuple):
    """A way to ask: a request, and how many marked events its answer counts."""

    name: str
    request: bytes
    count: Callable[[Any], int]


def paths(now: datetime) -> Sequence[Path]:
    """All paths, with windows that begin yesterday. No cube can answer a window that ends between two hours."""
    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    end = start + timedelta(days=2)
    window = {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    return (
        Path("report, REST", get(USAGE, **window), lambda answer: answer["messagesDelivered"]),
        Path(
            "report, GraphQL",
            graphql(ACCOUNT, id=PROBE, **window),
            lambda answer: answer["data"]["account"]["messagesDelivered"],
        ),
        Path("query of facts", _query(start, end + timedelta(minutes=1)), _messages("facts_dlr")),
        Path("query of a cube", _query(start, end), _messages("cube_dlr")),
    )


def _query(start: datetime, end: datetime) -> bytes:
    body = {"dataset": "dlr", "measures": ["messages"], "time": {"from": start, "to": end}}
    return query(tenant(PROBE), body)


def _messages(table: str) -> Callable[[Any], int]:
    def count(answer: Any) -> int:
        assert answer["meta"]["source"].startswith(table), answer["meta"]
        return sum(row["messages"] for row in answer["data"])

    return count


@dataclass
class Samples:
    """Seconds from the publication of each event to the end of the first answer that has it; gaps between answers.

    `refused`: how often the API said that it is too busy, which is no answer.
    """

    seconds: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def asked(self) -> int:
        return len(self.seconds) + len(self.gaps)


class Prober:
    """Publishes marked events at random instants and asks for each on one path, in turns.

    Raises TimeoutError if no answer has an event after `patience` seconds.
    """

    def __init__(self, client: Client, http: HttpClient, random: Random, patience: float) -> None:
        self._jetstream, self._http, self._random = client.jetstream(), http, random
        self._tail, self._published = probe_tail(), 0
        self._patience = patience
        self.paths = paths(datetime.now(UTC))

    async def settle(self) -> None:
        """Publishes the first event, and returns when every path has it: the account is unknown before."""
        await self._publish()
        for path in self.paths:
            await self._first_answer(path, Samples())

    async def run(self, seconds: float, pause: float) -> dict[str, Samples]:
        """Measures for `seconds` seconds; between two events is a random time of `pause` seconds on average."""
        samples = {path.name: Samples() for path in self.paths}
        until, number = perf_counter() + seconds, 0
        while perf_counter() < until or number < len(self.paths):
            await asyncio.sleep(self._random.expovariate(1 / pause))
            path = self.paths[number % len(self.paths)]
            began = perf_counter()
            publication = asyncio.create_task(self._publish())
            await asyncio.sleep(0)
            at = await self._first_answer(path, samples[path.name])
            samples[path.name].seconds.append(at - began)
            await publication
            number += 1
        return samples

    async def ask(self, path: Path, samples: Samples) -> int:
        """How many marked events an answer counts; 0 while the account is unknown."""
        answer = await self._http.exchange(path.request)
        if answer.status in NOT_NOW:
            samples.refused += 1
        elif answer.status != 404:
            return path.count(msgspec.json.decode(answer.expect(200)))
        return 0

    async def _publish(self) -> None:
        self._published += 1
        await self._jetstream.publish(SMS_DLR.subject, event(self._random, datetime.now(UTC), self._tail))

    async def _first_answer(self, path: Path, samples: Samples) -> float:
        """When the first answer ended that has all events."""
        async with asyncio.timeout(self._patience):
            last = 0.0
            while True:
                began = perf_counter()
                count = await self.ask(path, samples)
                ended = perf_counter()
                if last:
                    samples.gaps.append(ended - last)
                if count >= self._published:
                    return ended
                last = ended
                await asyncio.sleep(max(PAUSE, ended - began))
