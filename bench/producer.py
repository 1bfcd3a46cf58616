"""Publishes delivery reports at a steady rate: `python -m bench.producer NATS_URL RATE SECONDS SEED`.

A process of its own, so that no other part of a benchmark waits for it. It says `producing` when it begins, and what it
did at the end, as JSON. It fails if the stream refuses an event, or has not stored all of them a minute after the end.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from time import perf_counter, process_time
from typing import Final

import msgspec
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.live import event, tails
from bench.processes import Running, running
from infra import nats
from schema.streams import SMS_DLR

TICK: Final = 0.01  # seconds between two bursts
PATIENCE: Final = 60.0  # seconds
MOST_UNDER_WAY: Final = 100_000  # events that the stream has not stored yet


class Produced(msgspec.Struct, frozen=True):
    """What a producer did. `late`: by how many seconds it was behind its rate, at most."""

    events: int
    seconds: float
    late: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds


class Producer:
    """Publishes over one connection and counts what is stored."""

    def __init__(self, client: Client, random: Random) -> None:
        self._client, self._random, self._tails = client, random, tails(random)
        self._inbox = client.new_inbox()
        self._sent = self._stored = 0
        self._refused = ""

    async def run(self, rate: float, seconds: float) -> Produced:
        """Publishes at `rate` events per second. What a tick is late for, the next one makes up for."""
        await self._client.subscribe(f"{self._inbox}.*", cb=self._on_answer)
        began, cpu, late = perf_counter(), process_time(), 0.0
        while (elapsed := perf_counter() - began) < seconds:
            due = int(elapsed * rate)
            if due > self._sent:
                late = max(late, elapsed - (self._sent + 1) / rate)
                await self._publish(min(due - self._sent, MOST_UNDER_WAY))
            await asyncio.sleep(TICK)
            await self._wait_for(self._sent - MOST_UNDER_WAY)
        taken = perf_counter() - began
        await self._wait_for(self._sent)
        return Produced(self._sent, taken, late, process_time() - cpu)

    async def _publish(self, count: int) -> None:
        now = datetime.now(UTC)
        for tail in self._random.choices(self._tails, k=count):
            self._sent += 1
            await self._client.publish(SMS_DLR.subject, event(self._random, now, tail), f"{self._inbox}.1")

    async def _wait_for(self, stored: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self._stored < stored:
                await asyncio.sleep(TICK)
        if self._refused:
            raise RuntimeError(f"The stream refused an event: {self._refused}")

    async def _on_answer(self, answer: Msg) -> None:
        self._stored += 1
        if answer.headers or b'"error"' in answer.data:
            self._refused = answer.data.decode() or str(answer.headers)


@asynccontextmanager
async def producing(url: str, rate: float, seconds: float, seed: int) -> AsyncIterator[asyncio.Task[Produced]]:
    """Runs a producer beside the body. The task ends with the producer, and fails with it."""
    command = ("bench.producer", url, str(rate), str(seconds), str(seed))
    async with running(command, ends=True) as process:
        yield asyncio.create_task(_end(process))


async def _end(process: Running) -> Produced:
    return msgspec.json.decode(await process.last_line(), type=Produced)


async def main(url: str, rate: str, seconds: str, seed: str) -> None:
    async with nats.connect(url) as client:
        producer = Producer(client, Random(int(seed)))
        print("producing", flush=True)
        print(msgspec.json.encode(await producer.run(float(rate), float(seconds))).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
