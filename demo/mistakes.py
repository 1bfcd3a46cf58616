"""Bad events, a few per day, so that the demo has dead letters."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np

from demo import billing, charging, compliance, delivery
from demo.rhythm import DAY
from demo.wire import Message

PER_DAY: Final = 8  # on average

Fields = dict[str, object]
Spoil = Callable[[Fields], Fields]


def _set(**wrong: object) -> Spoil:
    return lambda fields: fields | wrong


def _without(name: str) -> Spoil:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


# The subject of the events, and the mistake. Some bad events are also truncated, and so are no JSON.
MISTAKES: Final[tuple[tuple[str, Spoil], ...]] = (
    (billing.SUBJECT, _without("accountId")),
    (billing.SUBJECT, _set(schemaVersion="9")),
    (billing.SUBJECT, _set(totalCost="-0.018400")),
    (delivery.SUBJECT, _set(latencyMs=-250)),
    (delivery.SUBJECT, _set(receivedAt="1970-01-01T00:00:07Z")),  # a gateway that lost its clock
    (delivery.SUBJECT, _set(deliveryStatus="ENROUTE", msisdn="+93700000000")),  # must be masked in the dead letter
    (charging.SUBJECT, _set(chargeAmount="0.0184001")),  # one decimal too many
    (compliance.SUBJECT, _set(verdict="MAYBE")),
)
TRUNCATED: Final = 1 / 7  # share of bad events


def spoiled(rng: np.random.Generator, sent: Sequence[Message], length: int) -> list[Message]:
    """Bad copies, with ids of their own, of some of the events `sent` within `length` ms."""
    chosen = rng.integers(0, len(sent), rng.poisson(PER_DAY * length / DAY)) if sent else ()
    return [_spoil(rng, sent[index]) for index in chosen]


def _spoil(rng: np.random.Generator, good: Message) -> Message:
    fitting = [spoil for subject, spoil in MISTAKES if subject == good.subject]
    fields: Fields = msgspec.json.decode(good.data)
    wrong = fitting[rng.integers(len(fitting))](fields | {"eventId": f"{fields['eventId']}.bad"})
    data = msgspec.json.encode(wrong)
    return good._replace(data=data[: len(data) // 2] if rng.random() < TRUNCATED else data)
