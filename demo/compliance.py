"""The compliance service's events: `compliance.audit.v1`, for a sample of the messages and for blocked ones."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import numpy as np

from demo.outcomes import Outcomes
from demo.wire import Events, timestamps

SUBJECT: Final = "compliance.audit.v1"
SAMPLED: Final = 4  # one of so many evaluations is reported
RULE_SET: Final = "rs-afghanistan"

_encode: Final = msgspec.json.Encoder().encode


class Finding(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    rule_id: str
    rule_name: str
    rule_type: str
    action: str


class Evaluation(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    event_id: str
    evaluation_id: str
    message_id: str
    tenant_id: str
    account_id: str
    verdict: str
    findings: tuple[Finding, ...]
    evaluation_latency_ms: int
    at: str
    mno: str
    lane: str
    rule_set_id: str = RULE_SET
    rule_set_version: str = "2026.3"
    schema_version: str = "1"


class Verdict(NamedTuple):
    """A verdict with its findings. `odds`: its share of all reported evaluations."""

    odds: float
    verdict: str
    findings: tuple[Finding, ...] = ()


_KEYWORD: Final = Finding("r-101", "Words of the national blocklist", "KEYWORD", "BLOCK")
_SENDER: Final = Finding("r-204", "Sender name without registration", "SENDER_ID", "HOLD")
_HOURS: Final = Finding("r-310", "Marketing at night", "QUIET_HOURS", "FLAG")
_LINK: Final = Finding("r-415", "Shortened link", "URL", "FLAG")

VERDICTS: Final = (
    Verdict(0.940, "ALLOW"),
    Verdict(0.025, "FLAG", (_LINK,)),
    Verdict(0.015, "FLAG", (_HOURS, _LINK)),
    Verdict(0.010, "HOLD", (_SENDER,)),
    Verdict(0.006, "BLOCK", (_KEYWORD,)),
    Verdict(0.004, "BLOCK", (_KEYWORD, _LINK, _LINK)),
)


def events(outcomes: Outcomes) -> Iterator[Events]:
    """The evaluations of a sample of the messages. A blocked message has an id of its own: it is never sent."""
    rng = np.random.default_rng(outcomes.sent_at.astype(np.uint64))  # equal messages get equal evaluations
    sample = outcomes.where(rng.integers(SAMPLED, size=len(outcomes.sent_at)) == 0)
    n = len(sample.sent_at)
    took = 1 + rng.exponential(4, n).astype(np.int64)
    at = sample.sent_at - rng.integers(20, 200, n)
    verdict = rng.choice(len(VERDICTS), size=n, p=[verdict.odds for verdict in VERDICTS])
    rows = zip(
        sample.message_id,
        sample.account,
        sample.operator,
        sample.lane,
        verdict.tolist(),
        took.tolist(),
        timestamps(at),
        strict=True,
    )
    data = [
        _encode(
            Evaluation(
                event_id=f"{message_id}.evaluated",
                evaluation_id=f"eval-{message_id}",
                message_id=f"{message_id}-stopped" if VERDICTS[index].verdict == "BLOCK" else message_id,
                tenant_id=account.tenant_id,
                account_id=account.id,
                verdict=VERDICTS[index].verdict,
                findings=VERDICTS[index].findings,
                evaluation_latency_ms=latency,
                at=time,
                mno=operator.mno,
                lane=lane,
            )
        )
        for message_id, account, operator, lane, index, latency, time in rows
    ]
    yield Events(SUBJECT, at, data, [None] * len(data))
