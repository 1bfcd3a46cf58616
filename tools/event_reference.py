"""Makes the reference page of the events from their types, streams and functions."""

import json
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from functions import FUNCTIONS
from infra.embedded.postgres import BILLING
from schema.dead_letters import DeadLetter
from schema.events import EVENTS, TENANT_HEADER, Event
from schema.fields import Field, fields_of
from schema.quality import OperatorQuality
from schema.samples import example
from schema.streams import DEADLETTER, OPERATOR_QUALITY
from tools.asyncapi import streams

INTRODUCTION: Final = """\
The events that anlyt counts: JSON in UTF-8 on NATS JetStream. For machines, the same stands in
[schema/asyncapi.json](../../schema/asyncapi.json), which the API serves at `/asyncapi.json`, and in a JSON Schema
(2020-12) per event in [schema/events](../../schema/events).
"""
RULES: Final = f"""\
## Publish an event

Publish its JSON to its subject with JetStream, and wait for the acknowledgement: only then is it stored. Send the same
bytes again if none comes. [producers.md](../producers.md) is a walk through it; `anlyt events validate` says what is
wrong with an event, without a server.

| header | meaning |
|---|---|
| `Nats-Msg-Id` | the `eventId`, or any other id; JetStream drops a second message of the same id within two minutes |
| `{TENANT_HEADER}` | the tenant of a delivery report without `tenantId`; not read otherwise |
| `traceparent` | W3C trace context; the span of the event's batch links to it |

## When two events are the same

Two events are the same when `eventId` **and** event time are equal. The event time is the field named below, to the
microsecond; how it is written (`Z` or `+00:00`) makes no difference. The same event counts once, however often it is
published: not for the two minutes of `Nats-Msg-Id` only, but for `ANLYT_DEDUP_DAYS` after it was counted. Of copies
that differ, the one that the stream stored first counts, in every store.

So a copy that is sent again carries both unchanged. A new id or a new time is a new event, and counts again.

## Refunds and corrections

An event is never changed or deleted. What follows is a new event, with an id of its own:

* **A refund** is an `sms.billed.v1` with `status` `REFUNDED`, the same `messageId`, and the refunded amount in
  `totalCost`, which is never negative. It takes one message, its segments and its cost off the hour of its own
  `billedAt`: the time of the refund, not of the charge.
* **A wrong charge** is corrected by two events: a refund of the wrong charge, and a new charge with the right values.
  Both carry the `billedAt` of the wrong charge if its own hour is to be right.
* **A later delivery report** of the same message is counted in addition. `PENDING` followed by `DELIVERED` is one
  pending and one delivered report; two final reports are two.
* **A record or evaluation** that was wrong stays. A new one counts in addition.

## When an event is wrong

It becomes a dead letter on `anlyt.deadletter.<stream>`, one per function that reads it, and the events around it are
counted. `anlyt deadletters show` has everything that is wrong with it, and `anlyt deadletters replay` sends it again.
If most of a stream is bad, its functions stop instead ([runbook](../runbooks/AnlytDeadletterLimit.md)).

| reason | meaning |
|---|---|
| `not_json` | not a JSON object in UTF-8: a byte-order mark, NaN, a lone surrogate, hundreds of nested levels |
| `missing_field` | a required field is missing; names are case-sensitive |
| `invalid_field` | a field, required or not, has a value that the tables below do not allow |
| `unsupported_version` | `schemaVersion` is not `"1"` |
| `absurd_time` | the event time is over 24 hours ahead of its arrival in the stream, or over 3,653 days before |

The rules of JSON hold: `1.0` and `1e0` are the integer 1; of a field that is repeated, the last one counts. An optional
field may be null. **Fields that are not listed are ignored**: never stored, logged or shown. Put no phone number and no
text of a message into a listed field.
"""

TOTALS: Final = f"""\
## `billing.daily_totals`

Reconciliation compares what was counted with what billing has, and reads this table in the database of
`ANLYT_POSTGRES_DSN`. Billing creates and fills it; anlyt needs `usage` on the schema and `select` on the table.
`anlyt dev` makes an empty one.

```sql
{BILLING.partition("create table")[1]}{BILLING.partition("create table")[2].rstrip()}
```

| column | meaning |
|---|---|
| `day` | a UTC day, by `billedAt` |
| `currency` | three capital letters (ISO 4217) |
| `total_cost` | charges minus refunds of the day in this currency, exact to 6 decimals |
| `message_count` | charges minus refunds, as a number of messages |

One row per day and currency, complete once the day is over; a day without charges needs none. A row may change later:
the last seven days are compared again each day.
"""


def lines() -> Iterator[str]:
    """The lines of the page below its title."""
    yield from INTRODUCTION.splitlines()
    yield ""
    yield from RULES.splitlines()
    for event in EVENTS:
        yield from _event(event)
    yield from ("", f"## `{OPERATOR_QUALITY.subject}`, published", "")
    yield f"{OperatorQuality.__doc__} Published every 60 s per `mno` and `direction`, to the subject of the same name"
    yield f"(stream `{OPERATOR_QUALITY.name}`). A run that is repeated publishes nothing twice."
    yield ""
    yield from _example(OperatorQuality)
    yield from _published(OperatorQuality)
    yield from ("", "## Dead letters, published", "")
    yield f"{DeadLetter.__doc__} Stream `{DEADLETTER.name}`."
    yield ""
    yield from _published(DeadLetter)
    yield ""
    yield from TOTALS.rstrip().splitlines()


def _event(event: type[Event]) -> Iterator[str]:
    stream = streams()[event]
    functions = [f"`{each.name}` (`{each.durable}`)" for each in FUNCTIONS if each.event is event]
    time = next(each.name for each in fields_of(event) if each.attribute == event.time_field)
    yield from ("", f"## `{event.event_type}`", "")
    yield f"{event.__doc__} Subject `{stream.subject}`, stream `{stream.name}`; counted by {' and '.join(functions)}."
    yield f"Event time: `{time}`."
    yield ""
    yield from _example(event)
    yield "| field | value | meaning | dead letter if it is wrong |"
    yield "|---|---|---|---|"
    for field in fields_of(event):
        yield f"| `{field.name}` | {_value(field)} | {field.meaning} | {_reasons(field, time)} |"
        for inner in fields_of(field.item) if field.item else ():
            yield f"| `{field.name}[].{inner.name}` | {_value(inner)} | {inner.meaning} | {_reasons(inner, time)} |"


def _example(struct: type[Struct]) -> Iterator[str]:
    yield from ("```json", json.dumps(example(struct), indent=2), "```", "")


def _value(field: Field) -> str:
    """What a field may be, with its unit."""
    allowed = field.allowed.removeprefix("null or ")
    in_code = f"`{'`, `'.join(field.choices)}`" if len(field.choices) > 1 else allowed
    unit = {None: "", "currency": ", in `currency`"}.get(field.unit, f", in {field.unit}")
    return f"{in_code}{unit}{'' if field.required else '; optional'}"


def _reasons(field: Field, time: str) -> str:
    wrong = "unsupported_version" if field.name == "schemaVersion" else "invalid_field"
    reasons = [*(["missing_field"] if field.required else []), wrong, *(["absurd_time"] if field.name == time else [])]
    return ", ".join(f"`{reason}`" for reason in reasons)


def _published(struct: type[Struct]) -> Iterator[str]:
    yield "| field | meaning | unit |"
    yield "|---|---|---|"
    for field in fields_of(struct):
        yield f"| `{field.name}` | {field.meaning} | {field.unit or '-'} |"
