"""Bad events, a handful a day, so that dead letters have something to show."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np

from demo import billing, charging, compliance, delivery
from demo.rhythm import DAY
from demo.wire import Message

A_DAY: Final = 8  # how many, on average

Fields = dict[str, object]
Spoil = Callable[[Fields], Fields]


def _set(**wrong: object) -> Spoil:
    return lambda fields: fields | wrong


def _without(name: str) -> Spoil:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


# What goes wrong, and in whose events; the last one is also cut short, which leaves no JSON.
MISTAKES: Final[tuple[tuple[str, Spoil], ...]] = (
    (billing.SUBJECT, _without("accountId")),
    (billing.SUBJECT, _set(schemaVersion="9")),
    (billing.SUBJECT, _set(totalCost="-0.018400")),
    (delivery.SUBJECT, _set(latencyMs=-250)),
    (delivery.SUBJECT, _set(receivedAt="1970-01-01T00:00:07Z")),  # a gateway that lost its clock
    (delivery.SUBJECT, _set(deliveryStatus="ENROUTE", msisdn="+93700000000")),  # must be masked in the dead letter
    (charging.SUBJECT, _set(chargeAmount="0.0184001")),  # a digit too many
    (compliance.SUBJECT, _set(verdict="MAYBE")),
)
CUT_SHORT: Final = 1 / 7


def spoiled(rng: np.random.Generator, sent: Sequence[Message], length: int) -> list[Message]:
    """Bad copies, under ids of their own, of some events of a span of `length` ms."""
    chosen = rng.integers(0, len(sent), rng.poisson(A_DAY * length / DAY)) if sent else ()
    return [_spoil(rng, sent[index]) for index in chosen]


def _spoil(rng: np.random.Generator, good: Message) -> Message:
    fitting = [spoil for subject, spoil in MISTAKES if subject == good.subject]
    fields: Fields = msgspec.json.decode(good.data)
    wrong = fitting[rng.integers(len(fitting))](fields | {"eventId": f"{fields['eventId']}.bad"})
    data = msgspec.json.encode(wrong)
    return good._replace(data=data[: len(data) // 2] if rng.random() < CUT_SHORT else data)
