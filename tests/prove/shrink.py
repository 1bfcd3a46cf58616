"""Makes a question that shows a difference as small as possible."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from tests.prove.question import Question

Differences: TypeAlias = Callable[[Question], Awaitable[Sequence[str]]]
MOST: Final = 80  # questions asked to make one smaller


async def shrunk(question: Question, lines: Sequence[str], differences: Differences) -> tuple[Question, Sequence[str]]:
    """Returns the smallest question found that still shows a difference, and its differences."""
    asked = 0
    while True:
        for smaller in question.smaller():
            if asked == MOST:
                return question, lines
            asked += 1
            if found := await differences(smaller):
                question, lines = smaller, found
                break
        else:
            return question, lines
