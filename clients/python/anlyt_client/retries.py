"""When a call is repeated. No I/O."""

import random
from dataclasses import dataclass
from typing import Final, TypeAlias

import httpx

from anlyt_client.errors import ApiError, seconds_of

# Each call may be repeated: it reads, cancels, or has an idempotency key. 502 and 504 come from a proxy that lost its
# connection to the API.
REPEATED: Final = frozenset({429, 502, 503, 504})

Outcome: TypeAlias = httpx.Response | httpx.RequestError


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `attempts` per call, with random pauses that double from `pause` seconds.

    No pause is shorter than `Retry-After`. If that is longer than `longest_pause`, the call fails immediately.
    """

    attempts: int = 4
    pause: float = 0.25
    longest_pause: float = 30.0

    def next_pause(self, outcome: Outcome | ApiError, failed: int) -> float | None:
        """The seconds until the next attempt, or None if there is none. `failed`: the number of failed attempts."""
        if failed >= self.attempts or not is_temporary(outcome):
            return None
        stated = _stated(outcome)
        if stated is not None and stated > self.longest_pause:
            return None
        random_part = random.uniform(0.5, 1.0) * min(self.pause * 2.0 ** (failed - 1), self.longest_pause)  # noqa: S311
        return (stated or 0.0) + random_part


def is_temporary(outcome: Outcome | ApiError) -> bool:
    """Whether another attempt can have another outcome."""
    match outcome:
        case httpx.Response():
            return outcome.status_code in REPEATED
        case ApiError():
            return outcome.status in REPEATED
        case _:
            return not isinstance(outcome, httpx.UnsupportedProtocol | httpx.LocalProtocolError)


def _stated(outcome: Outcome | ApiError) -> float | None:
    if isinstance(outcome, httpx.Response):
        return seconds_of(outcome.headers.get("Retry-After"))
    return outcome.retry_after if isinstance(outcome, ApiError) else None
