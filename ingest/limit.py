"""The dead-letter limit: a function stops before it writes off too many of its stream's messages as bad."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from infra.errors import AnlytError
from infra.metrics import DEADLETTER_LIMIT_PASSED
from infra.telemetry import logger

RUNBOOK: Final = "docs/runbooks/AnlytDeadletterLimit.md"


class LimitExceededError(AnlytError):
    """Too much of a stream is bad."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Exceeded when over `share` per cent of the last `window` messages, and at least `least` of them, are bad."""

    share: int = 50
    window: int = 10_000
    least: int = 1_000


class LimitGuard:
    """Compares one function's recent messages with the limit. All its workers in this process share it.

    `exceeded`: why the function has stopped; None while it has not.
    """

    def __init__(self, function: str, limit: Limit | None) -> None:
        """With None, any number of messages may be bad."""
        self._function, self._limit = function, limit
        self._bad: deque[int] = deque(maxlen=limit.window if limit else 0)
        self.exceeded: str | None = None
        DEADLETTER_LIMIT_PASSED.labels(function).set(0)

    def admits(self, messages: int, bad: Iterable[int]) -> bool:
        """Whether a batch of this many messages may be processed; `bad` are the indexes of its bad ones.

        Called before the batch is processed. Once exceeded, the limit stays exceeded until the process ends.
        """
        if self._limit is None or self.exceeded:
            return self.exceeded is None
        flags = bytearray(messages)
        for index in bad:
            flags[index] = 1
        self._bad.extend(flags)
        if self._is_exceeded(self._limit):
            self._stop(self._limit)
        return self.exceeded is None

    def _is_exceeded(self, limit: Limit) -> bool:
        bad = sum(self._bad)
        return bad >= limit.least and 100 * bad > limit.share * len(self._bad)

    def _stop(self, limit: Limit) -> None:
        self.exceeded = (
            f"{self._function} has stopped: {sum(self._bad):,} of its last {len(self._bad):,} messages are bad (limit: "
            f"{limit.share} %), and wait in their stream; {RUNBOOK} says what to do."
        )
        DEADLETTER_LIMIT_PASSED.labels(self._function).set(1)
        logger().error("dead-letter limit exceeded", function=self._function, why=self.exceeded)


LimitGuards: TypeAlias = Mapping[str, LimitGuard]
"""Guards by the function's name."""


def limit_guards(functions: Iterable[str], limit: Limit, accept_bad: Collection[str] = ()) -> LimitGuards:
    """A guard per function; the functions of `accept_bad` have no limit."""
    return {name: LimitGuard(name, None if name in accept_bad else limit) for name in functions}


def problems(guards: LimitGuards) -> Sequence[str]:
    """Why functions have stopped; empty while none has."""
    return [guard.exceeded for guard in guards.values() if guard.exceeded]
