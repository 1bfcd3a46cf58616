"""Asks random questions in random worlds until a limit is reached, and reports each difference as small as possible."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from infra.embedded.engine import Engine
from tests.prove.question import Question, Service
from tests.prove.rankings import random_ranking
from tests.prove.reports import random_report
from tests.prove.shrink import shrunk
from tests.prove.typed import random_typed
from tests.prove.world import World, open_world

AT_ONCE: Final = 4
MAKERS: Final[Mapping[Callable[[Random, Sequence[datetime]], Question], float]] = {
    random_typed: 0.7,
    random_report: 0.2,
    random_ranking: 0.1,
}
"""The kinds of questions, and the share of each."""
MOST_ABANDONED: Final = 20  # worlds
SHOWN: Final = 8  # lines and events of a difference


@dataclass(frozen=True, slots=True)
class Limit:
    """Ends a proof after so many questions, seconds or differences, whichever is first."""

    questions: int
    seconds: float
    differences: int = 3


@dataclass(frozen=True, slots=True)
class Size:
    """The steps of a world; the new events of each stream in a step, and the questions after it."""

    steps: int = 5
    events: int = 60
    questions: int = 60


@dataclass(slots=True)
class Proof:
    """What was done so far. `differences`: the report of each. `compared`: the comparisons by what was compared.

    `abandoned`: the worlds that ended early because an engine was too slow.
    """

    questions: int = 0
    worlds: int = 0
    abandoned: int = 0
    steps: int = 0
    events: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    works: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


async def prove(
    postgres: Engine,
    clickhouse: Engine,
    seed: int,
    limit: Limit,
    on_step: Callable[[Proof, int], None],
    size: Size = Size(),  # immutable
    proof: Proof | None = None,
) -> Proof:
    """Makes worlds of the seeds from `seed` on. Calls `on_step` with the world's seed after each step.

    Returns `proof`, to which it adds what was done. A caller that stops it has that, too.
    """
    proof, end = proof or Proof(), time.monotonic() + limit.seconds

    def left() -> int:
        if time.monotonic() >= end or len(proof.differences) >= limit.differences:
            return 0
        return limit.questions - proof.questions

    while left():
        try:
            await _prove_in_world(postgres, clickhouse, seed, proof, left, on_step, size)
        except* TimeoutError:
            proof.abandoned += 1
            if proof.abandoned > MOST_ABANDONED:
                raise
        seed += 1
    return proof


async def _prove_in_world(
    postgres: Engine,
    clickhouse: Engine,
    seed: int,
    proof: Proof,
    left: Callable[[], int],
    on_step: Callable[[Proof, int], None],
    size: Size,
) -> None:
    """Raises TimeoutError if an engine is too slow, as on a busy machine."""
    with TemporaryDirectory() as folder:
        async with open_world(Path(folder), postgres, clickhouse, Random(seed)) as world:
            proof.worlds += 1
            async for random, first in _steps(world, seed, size, proof):
                service = Service(world.client, world.truth(), proof.compared)
                questions = [_random_question(random, world) for _ in range(size.questions)]
                await _ask_all(questions, first, service, seed, proof, left)
                on_step(proof, seed)
                if not left():
                    break


async def _steps(world: World, seed: int, size: Size, proof: Proof) -> AsyncIterator[tuple[Random, int]]:
    """Takes the steps of a world. Yields the source of each step's questions, and the number of its first question.

    Both depend on nothing but the seed.
    """
    for step in range(size.steps):
        random = Random(f"{seed}/{step}")
        before = world.sent_count
        proof.works.update(await world.step(random, size.events))
        proof.steps, proof.events = proof.steps + 1, proof.events + world.sent_count - before
        yield random, step * size.questions + 1


async def _ask_all(
    questions: Sequence[Question], number: int, service: Service, seed: int, proof: Proof, left: Callable[[], int]
) -> None:
    """Asks some questions at the same time, while questions are left. The first one has this number."""
    for begin in range(0, len(questions), AT_ONCE):
        part = questions[begin : begin + AT_ONCE][: left()]
        found = await asyncio.gather(*(_ask(question, service) for question in part))
        proof.questions += len(part)
        for place, (question, lines) in enumerate(zip(part, found, strict=True), number + begin):
            if lines:
                proof.differences.append(await _report(question, lines, service, seed, place))


def _random_question(random: Random, world: World) -> Question:
    (make,) = random.choices(list(MAKERS), list(MAKERS.values()))
    return make(random, world.edges)


async def _ask(question: Question, service: Service) -> Sequence[str]:
    """The differences of a question. An answer of another shape is a difference, too."""
    try:
        return await question.differences(service)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return [f"the answer has another shape: {error!r}"]


async def _report(question: Question, lines: Sequence[str], service: Service, seed: int, number: int) -> str:
    def ask(smaller: Question) -> Awaitable[Sequence[str]]:
        return _ask(smaller, service)

    smallest, left = await shrunk(question, lines, ask)
    events = smallest.events(service.truth)
    shown = [f"  event {each}" for each in events[:SHOWN]] if len(events) <= SHOWN else []
    return "\n".join(
        [
            f"question {number} of seed {seed}: {question}",
            f"shrunk: {smallest}",
            *(f"  {line[:600]}" for line in left[:SHOWN]),
            f"{len(events)} events in its window",
            *shown,
            f"again: make prove PROVE='--seed {seed} --questions {number}'",
        ]
    )
