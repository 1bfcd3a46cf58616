"""What transport does to events: seconds of disorder, some held up for hours or days, some sent twice."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from demo.rhythm import DAY, HOUR, SECOND

DISORDER: Final = 3 * SECOND
HELD_UP: Final = 0.003  # events that leave their producer hours or days late
HELD_UP_AT_MOST: Final = 3 * DAY
COPIED: Final = 0.01  # events that are sent twice, the same bytes
COPIED_FAR: Final = 0.2  # of these: hours later instead of seconds


class Message(NamedTuple):
    """What one publication carries, and its instant `due` (ms since 1970 UTC)."""

    due: int
    subject: str
    data: bytes
    headers: dict[str, str] | None


class Events(NamedTuple):
    """What a producer has to tell: events of one subject and the instant (ms) at which each happened."""

    subject: str
    at: npt.NDArray[np.int64]
    data: list[bytes]
    headers: list[dict[str, str] | None]


def send(rng: np.random.Generator, events: Events) -> list[Message]:
    """Each event once, about 1 % twice; not in order."""
    n = len(events.data)
    due = events.at + rng.integers(0, DISORDER, n) + _hold_ups(rng, n)
    row = np.arange(n)
    copied = row[rng.random(n) < COPIED]
    due = np.concatenate([due, due[copied] + _copy_delays(rng, len(copied))])
    return [
        Message(instant, events.subject, events.data[index], events.headers[index])
        for instant, index in zip(due.tolist(), np.concatenate([row, copied]).tolist(), strict=True)
    ]


def _hold_ups(rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
    delays = np.minimum(rng.exponential(8 * HOUR, n), HELD_UP_AT_MOST)
    return np.where(rng.random(n) < HELD_UP, delays, 0).astype(np.int64)


def _copy_delays(rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
    near = rng.integers(1, 5 * SECOND, n)
    far = rng.integers(HOUR, 36 * HOUR, n)
    return np.where(rng.random(n) < COPIED_FAR, far, near)


def timestamps(at: npt.NDArray[np.int64]) -> list[str]:
    """RFC 3339 in UTC, e.g. `2026-10-03T14:15:02.250Z`."""
    texts: list[str] = np.datetime_as_string(at.astype("datetime64[ms]"), timezone="UTC").tolist()
    return texts
