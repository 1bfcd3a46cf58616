"""What becomes of each message: who sends it over which link, whether and when it arrives."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from demo import rhythm
from demo.rhythm import HOUR, MINUTE, SECOND
from demo.world import MARKETING, PREFIXES, World

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class Outcome(NamedTuple):
    """A terminal delivery status, and how often a failure ends so on a healthy and on a degraded link."""

    status: str
    error_code: str | None
    healthy: float
    degraded: float


OUTCOMES: Final = (
    Outcome("DELIVERED", None, 0, 0),
    Outcome("UNDELIVERABLE", "001", 30, 4),  # unknown subscriber
    Outcome("UNDELIVERED", "027", 22, 6),  # absent subscriber
    Outcome("EXPIRED", None, 16, 12),  # nobody ever answered
    Outcome("FAILED", "099", 12, 16),
    Outcome("FAILED", "ESME_RTHROTTLED", 8, 52),
    Outcome("REJECTED", "ESME_RINVDSTADR", 8, 2),
    Outcome("FAILED", "ESME_RSUBMITFAIL", 4, 8),
)
DELIVERED: Final = 0
EXPIRED: Final = 3

DEGRADED_DELIVERY: Final = 0.6  # times the link's own rate
DEGRADED_LATENCY: Final = 8.0  # times the link's own latency
CONGESTION: Final = 0.25  # how much slower links are when traffic is twice the average
UNREACHABLE: Final = 0.012  # phones that are off: delivered when they come back, hours later
REPORTED_PENDING: Final = 0.05
REFUNDED: Final = 0.18  # of what was not delivered: about 1 % of everything

# How long a message of each lane (world.LANES) is tried.
VALIDITY: Final = np.array([30 * MINUTE, 5 * MINUTE, 12 * HOUR, 48 * HOUR])
# Odds of one, two, ... segments in each lane; Dari and Pashto fill a segment with 70 characters.
SEGMENTS: Final = np.array([[0.2, 0.5, 0.3, 0, 0], [0.97, 0.03, 0, 0, 0], [0.6, 0.3, 0.1, 0, 0], [0.1, 0.35, 0.3, 0.15, 0.1]])


@dataclass(frozen=True, slots=True)
class Span:
    """So many messages sent in [start, end); `name` begins their ids."""

    name: str
    start: int
    end: int
    messages: int


class Fates(NamedTuple):
    """The messages of a span, one a row; account, lane, operator and outcome are indices."""

    ids: list[str]
    sent_at: Ints
    account: Ints
    lane: Ints
    operator: Ints
    prefix: list[str]
    segments: Ints
    outcome: Ints
    latency: Ints
    pending_latency: Ints
    reported_pending: Bools
    refunded: Bools
    refund_delay: Ints
    tps: Ints


def demand(world: World, at: int) -> Floats:
    """Traffic wanted at an instant by account and lane; sums to 1 over an average instant without campaigns."""
    wanted = world.appetite * rhythm.levels(at)
    begun = rhythm.campaign(at)
    if begun is not None:
        wanted[_campaigner(world, begun), MARKETING] += rhythm.CAMPAIGN_LEVEL
    return wanted


def _campaigner(world: World, begun: int) -> int:
    """One of the ten accounts that send most marketing, another for each campaign."""
    biggest = np.argsort(-world.appetite[:, MARKETING], kind="stable")[:10]
    return int(biggest[begun // HOUR % len(biggest)])


def draw(world: World, rng: np.random.Generator, span: Span) -> Fates:
    """Decides everything about the messages of a span."""
    n = span.messages
    wanted = demand(world, span.start)
    account, lane = np.divmod(_pick(rng, wanted.ravel(), n), wanted.shape[1])
    operator = _pick(rng, np.array([link.share for link in world.operators]), n)
    sent_at = np.sort(rng.integers(span.start, span.end, n))
    degraded = (operator == _degraded_index(world)) & rhythm.degraded(sent_at)
    outcome = _outcomes(world, rng, operator, degraded)
    latency, slow = _latencies(world, rng, operator, lane, outcome, degraded, float(wanted.sum()))
    ...
