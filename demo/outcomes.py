"""The outcome of each message: its sender and SMPP link, and whether and when it arrives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from demo import rhythm
from demo.rhythm import HOUR, MINUTE, SECOND
from demo.world import LANES, MARKETING, OPERATORS, PREFIXES, World

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]

DEGRADED_DELIVERY: Final = 0.6  # times the link's own rate
DEGRADED_LATENCY: Final = 8.0  # times the link's own latency
CONGESTION: Final = 0.25  # share by which links are slower when traffic is twice the average
UNREACHABLE: Final = 0.0005  # share of phones that are off: the message arrives when they are on again
REPORTED_PENDING: Final = 0.05  # share of messages with a PENDING receipt before the terminal one
BURSTS: Final = 0.6  # variation of a link's traffic between seconds: sigma of a log-normal factor
REFUNDED: Final = 0.04  # share of undelivered messages: about 0.2 % of all messages


class Outcome(NamedTuple):
    """A terminal delivery status, and its share of the failures on a healthy and on a degraded link."""

    status: str
    error_code: str | None
    healthy: float
    degraded: float


OUTCOMES: Final = (
    Outcome("DELIVERED", None, 0.00, 0.00),
    Outcome("EXPIRED", None, 0.01, 0.01),  # the network never answered
    Outcome("UNDELIVERABLE", "001", 0.37, 0.09),  # unknown subscriber
    Outcome("UNDELIVERED", "027", 0.26, 0.08),  # absent subscriber
    Outcome("FAILED", "099", 0.16, 0.20),
    Outcome("FAILED", "ESME_RTHROTTLED", 0.08, 0.52),
    Outcome("FAILED", "ESME_RSUBMITFAIL", 0.04, 0.08),
    Outcome("REJECTED", "ESME_RINVDSTADR", 0.08, 0.02),
)
DELIVERED: Final = 0
EXPIRED: Final = 1

# Milliseconds for which delivery of a message is tried, by lane (world.LANES).
VALIDITY: Final = np.array([5 * MINUTE, MINUTE, 3 * MINUTE, 10 * MINUTE])

# Odds of one, two, ... segments in each lane; Dari and Pashto fill a segment with 70 characters.
SEGMENTS: Final = np.array(
    [
        [0.20, 0.50, 0.30, 0.00, 0.00],
        [0.97, 0.03, 0.00, 0.00, 0.00],
        [0.60, 0.30, 0.10, 0.00, 0.00],
        [0.10, 0.35, 0.30, 0.15, 0.10],
    ]
)


@dataclass(frozen=True, slots=True)
class Span:
    """`messages`: how many messages are sent in [start, end), in ms as in `rhythm`. `name`: the prefix of their ids."""

    name: str
    start: int
    end: int
    messages: int


class Outcomes(NamedTuple):
    """The messages of a span as columns. Times are in ms. Columns of objects are cheap, as the objects are shared."""

    message_id: Objects  # of str
    account: Objects  # of world.Account
    operator: Objects  # of world.Operator
    lane: Objects  # of str
    prefix: Objects  # of str
    segments: Ints
    sent_at: Ints
    status: Objects  # of str
    error_code: Objects  # of str or None
    latency: Ints
    pending_first: Bools
    pending_latency: Ints
    refunded: Bools
    refund_delay: Ints
    tps: Ints

    def where(self, chosen: Bools) -> "Outcomes":
        """The messages for which `chosen` is true."""
        return Outcomes._make(column[chosen] for column in self)


def demand(world: World, at: int) -> Floats:
    """Relative traffic at an instant, by account and lane. Without campaigns, its sum averages 1 over a week."""
    traffic = world.shares * rhythm.levels(at)
    begun = rhythm.campaign(at)
    if begun is not None:
        traffic[_campaigner(world, begun), MARKETING] += rhythm.CAMPAIGN_LEVEL
    return traffic


def _campaigner(world: World, begun: int) -> int:
    """The sender of the campaign that began then: in turn one of the ten accounts with most marketing messages."""
    biggest = np.argsort(-world.shares[:, MARKETING], kind="stable")[:10]
    return int(biggest[begun // HOUR % len(biggest)])


def draw(world: World, rng: np.random.Generator, span: Span) -> Outcomes:
    """Draws all properties of the messages of a span."""
    n = span.messages
    traffic = demand(world, span.start)
    load = float(traffic.sum())
    account, lane = np.divmod(_pick(rng, traffic.ravel(), n), len(LANES))
    link = _pick(rng, _SHARE, n)
    sent_at = np.sort(rng.integers(span.start, span.end, n))
    degraded = (link == _DEGRADED) & rhythm.degraded(sent_at)
    outcome = _outcomes(rng, link, degraded)
    unreachable = rng.random(n) < UNREACHABLE
    answered = _answer_times(rng, link, degraded, load) + unreachable * rng.exponential(5 * MINUTE, n)
    latency = np.where(outcome == EXPIRED, VALIDITY[lane], np.minimum(answered, VALIDITY[lane])).astype(np.int64)
    return Outcomes(
        message_id=_objects([f"{span.name}-{number:05}" for number in range(n)]),
        account=_objects(world.accounts)[account],
        operator=_objects(OPERATORS)[link],
        lane=_objects(LANES)[lane],
        prefix=_PREFIX[link, rng.integers(0, 2, n)],
        segments=1 + _pick_each(rng, SEGMENTS[lane]),
        sent_at=sent_at,
        status=_STATUS[outcome],
        error_code=_ERROR_CODE[outcome],
        latency=latency,
        pending_first=unreachable | (rng.random(n) < REPORTED_PENDING),
        pending_latency=np.minimum(latency // 2, rng.integers(200, 2 * SECOND, n)),
        refunded=(outcome != DELIVERED) & (rng.random(n) < REFUNDED),
        refund_delay=(10 * MINUTE + rng.exponential(6 * HOUR, n)).astype(np.int64),
        tps=_tps(rng, link, n * SECOND / max(span.end - span.start, 1)),
    )


def _outcomes(rng: np.random.Generator, link: Ints, degraded: Bools) -> Ints:
    rate = _DELIVERY_RATE[link] * np.where(degraded, DEGRADED_DELIVERY, 1)
    failure = _pick_each(rng, _FAILURE_ODDS[degraded.astype(np.int64)])
    return np.where(rng.random(len(link)) < rate, DELIVERED, failure)


def _answer_times(rng: np.random.Generator, link: Ints, degraded: Bools, load: float) -> Floats:
    """Milliseconds until the network answers: log-normal, longer under load."""
    usual = _MEDIAN[link] * np.exp(_SPREAD[link] * rng.standard_normal(len(link)))
    slower = (1 + CONGESTION * max(load - 1, 0)) * np.where(degraded, DEGRADED_LATENCY, 1)
    return np.asarray(usual * slower)


def _tps(rng: np.random.Generator, link: Ints, rate: float) -> Ints:
    """Messages per second on each message's link when it is sent; all links together carry `rate` on average."""
    others = rng.poisson(_SHARE[link] * rate * rng.lognormal(0, BURSTS, len(link)))
    return np.asarray(np.minimum(1 + others, _MAX_TPS[link]), np.int64)


def _pick(rng: np.random.Generator, odds: Floats, n: int) -> Ints:
    """`n` random indices with the given odds, which need not sum to 1."""
    ladder = np.cumsum(odds)
    return np.asarray(np.searchsorted(ladder, rng.random(n) * ladder[-1], side="right"), np.int64)


def _pick_each(rng: np.random.Generator, odds: Floats) -> Ints:
    """One random column index per row. The odds of each row sum to 1, up to rounding."""
    ladder = np.cumsum(odds[:, :-1], axis=1)
    return np.asarray((rng.random((len(odds), 1)) >= ladder).sum(axis=1), np.int64)


def _objects(values: Sequence[object]) -> Objects:
    return np.array(values, dtype=object)


_SHARE: Final = np.array([link.share for link in OPERATORS])
_DELIVERY_RATE: Final = np.array([link.delivery_rate for link in OPERATORS])
_MEDIAN: Final = np.array([link.median_ms for link in OPERATORS])
_SPREAD: Final = np.array([link.spread for link in OPERATORS])
_MAX_TPS: Final = np.array([link.max_tps for link in OPERATORS])
_PREFIX: Final = _objects([PREFIXES[link.mno] for link in OPERATORS])
_DEGRADED: Final = [link.id for link in OPERATORS].index(rhythm.DEGRADED_OPERATOR)
_STATUS: Final = _objects([outcome.status for outcome in OUTCOMES])
_ERROR_CODE: Final = _objects([outcome.error_code for outcome in OUTCOMES])
_FAILURE_ODDS: Final = np.array([(outcome.healthy, outcome.degraded) for outcome in OUTCOMES]).T
