"""The effects of transport on events: disorder within seconds, delays of hours or days, and copies."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from demo.rhythm import DAY, HOUR, SECOND

DISORDER: Final = 3 * SECOND  # delay of any event, at most
DELAYED: Final = 0.003  # share of events that are hours or days late
LONGEST_DELAY: Final = 3 * DAY
COPIED: Final = 0.01  # share of events that are sent twice, with the same bytes
COPIED_LATE: Final = 0.2  # share of copies that follow after hours instead of seconds


class Message(NamedTuple):
    """One publication. `due`: its instant, in ms since 1970 UTC."""

    due: int
    subject: str
    data: bytes
    headers: dict[str, str] | None


class Events(NamedTuple):
    """A producer's events of one subject. `at`: the instant of each event, in ms since 1970 UTC."""

    subject: str
    at: npt.NDArray[np.int64]
    data: list[bytes]
    headers: list[dict[str, str] | None]


def send(rng: np.random.Generator, events: Events) -> list[Message]:
    """The publications of the events: each once, about 1 % twice; not in order."""
    n = len(events.data)
    due = events.at + rng.integers(0, DISORDER, n) + _delays(rng, n)
    row = np.arange(n)
    copied = row[rng.random(n) < COPIED]
    due = np.concatenate([due, due[copied] + _copy_delays(rng, len(copied))])
    return [
        Message(instant, events.subject, events.data[index], events.headers[index])
        for instant, index in zip(due.tolist(), np.concatenate([row, copied]).tolist(), strict=True)
    ]


def _delays(rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
    delays = np.minimum(rng.exponential(8 * HOUR, n), LONGEST_DELAY)
    return np.where(rng.random(n) < DELAYED, delays, 0).astype(np.int64)


def _copy_delays(rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
    near = rng.integers(1, 5 * SECOND, n)
    far = rng.integers(HOUR, 36 * HOUR, n)
    return np.where(rng.random(n) < COPIED_LATE, far, near)


def timestamps(at: npt.NDArray[np.int64]) -> list[str]:
    """Instants (ms) as RFC 3339 in UTC, such as `2026-10-03T14:15:02.250Z`."""
    texts: list[str] = np.datetime_as_string(at.astype("datetime64[ms]"), timezone="UTC").tolist()
    return texts
