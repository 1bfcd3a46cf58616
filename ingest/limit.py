"""A limit to dead letters: a function that finds too much of its stream bad stops before it writes that off."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from infra.errors import AnlytError
from infra.metrics import DEADLETTER_LIMIT_PASSED
from infra.telemetry import logger

RUNBOOK: Final = "docs/runbooks/AnlytDeadletterLimit.md"


class LimitPassedError(AnlytError):
    """Too much of a stream is bad."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Passed by more than `share` per cent of the last `window` messages, and at least `least` of them."""

    share: int = 50
    window: int = 10_000
    least: int = 1_000


class Window:
    """What one function's last messages in this process were, for all its workers. It begins empty at each start."""

    def __init__(self, function: str, limit: Limit | None) -> None:
        """Without a limit, nothing passes it."""
        self._function, self._limit = function, limit
        self._bad: deque[int] = deque(maxlen=limit.window if limit else 0)
        self.passed: str | None = None
        DEADLETTER_LIMIT_PASSED.labels(function).set(0)

    def lets_on(self, messages: int, bad: Iterable[int]) -> bool:
        """Whether a batch of so many may be processed, of which those at the places `bad` are.

        Judged before anything is done with it. Once the limit is passed, it stays so until the process ends.
        """
        if self._limit is None or self.passed:
            return self.passed is None
        flags = bytearray(messages)
        for place in bad:
            flags[place] = 1
        self._bad.extend(flags)
        if self._is_passed(self._limit):
            self._stop(self._limit)
        return self.passed is None

    def _is_passed(self, limit: Limit) -> bool:
        bad = sum(self._bad)
        return bad >= limit.least and 100 * bad > limit.share * len(self._bad)

    def _stop(self, limit: Limit) -> None:
        self.passed = (
            f"{self._function} has stopped: {sum(self._bad):,} of its last {len(self._bad):,} messages are bad (limit: "
            f"{limit.share} %), and wait in their stream; {RUNBOOK} says what to do."
        )
        DEADLETTER_LIMIT_PASSED.labels(self._function).set(1)
        logger().error("dead-letter limit passed", function=self._function, why=self.passed)


Windows: TypeAlias = Mapping[str, Window]
"""By the function's name."""


def windows(functions: Iterable[str], limit: Limit, accept_bad: Collection[str] = ()) -> Windows:
    """A window for each function; those of `accept_bad` have no limit."""
    return {name: Window(name, None if name in accept_bad else limit) for name in functions}


def problems(found: Windows) -> Sequence[str]:
    """Why functions have stopped; empty while none has."""
    return [window.passed for window in found.values() if window.passed]
