"""The writes of functions as amounts that can be added up and compared."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, TypeAlias

from functions.function import AnyFunction
from schema.decoding import EventDecoder, Stamped
from schema.instants import instant, time_of
from schema.writes import Writes
from tests.support.reference import Expected
from tests.support.validity import Message

Events: TypeAlias = Sequence[Stamped[Any]]
# Amounts by (scope, scope id, hour, figure, ...). The figure "cost" also has a currency, and "bin" a number.
Amounts: TypeAlias = Mapping[tuple[Any, ...], int]


def decoded(function: AnyFunction, messages: Iterable[Message], now: datetime) -> Events:
    """Decodes messages, which all have to be valid."""
    decoder = EventDecoder(function.event)
    return [decoder.decode(message.data, message.tenant, instant(now)) for message in messages]


def decoded_at(function: AnyFunction, message: Message, now: datetime, nanoseconds: int) -> Stamped[Any]:
    """Decodes one event that the stream stored `nanoseconds` after `now`."""
    decoder, later = EventDecoder(function.event), divmod(nanoseconds, 1000)
    return decoder.decode(message.data, message.tenant, instant(now) + later[0], later[1])


def split(random: Random, events: Events) -> Sequence[Events]:
    """Splits the events at random places, in their order. Parts may be empty."""
    cuts = sorted(random.randrange(len(events) + 1) for _ in range(random.randrange(6)))
    return [events[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]


def total_amounts(batches: Iterable[Writes]) -> Amounts:
    """The sums of the batches' amounts, without zeros."""
    sums: Counter[tuple[Any, ...]] = Counter()
    peaks: dict[tuple[Any, ...], int] = {}
    for writes in batches:
        for (scope, id_, hour), cell in writes.billed.items():
            key = (scope, id_, time_of(hour))
            sums[*key, "messages"] += cell.messages
            sums[*key, "segments"] += cell.segments
            sums[*key, "refunded"] += cell.refunded
            sums.update({(*key, "cost", currency): cost for currency, cost in cell.costs.items()})
        for (scope, id_, hour), report in writes.delivered.items():
            key = (scope, id_, time_of(hour))
            sums.update({(*key, name): getattr(report, name) for name in ("delivered", "failed", "pending_reports")})
            sums[*key, "latency"] += report.latency_sum
            sums.update({(*key, "bin", bin_): count for bin_, count in report.histogram.items()})
            peaks[*key, "peak"] = max(peaks.get((*key, "peak"), 0), report.peak_tps)
    return {key: amount for key, amount in {**sums, **peaks}.items() if amount}


def expected_amounts(expected: Expected, reporting_currency: str = "USD") -> Amounts:
    """The amounts that the reference expects, without zeros."""
    amounts: dict[tuple[Any, ...], int] = {}
    for key, row in expected.metrics.items():
        amounts |= {
            (*key, "messages"): row.total_messages,
            (*key, "segments"): row.segments,
            (*key, "refunded"): row.refunded_messages,
            (*key, "cost", reporting_currency): int(row.total_cost * 10**6),
            (*key, "delivered"): row.delivered_messages,
            (*key, "failed"): row.failed_messages,
            (*key, "pending_reports"): row.pending_messages,
            (*key, "latency"): sum(row.samples),
            (*key, "peak"): row.peak_tps,
        }
        columns = row.columns()["histogram"]
        assert isinstance(columns, Mapping)
        amounts |= {(*key, "bin", bin_): count for bin_, count in columns.items()}
    for (scope, id_, hour, currency), cost in expected.costs.items():
        amounts[scope, id_, hour, "cost", currency] = int(cost * 10**6)
    return {key: amount for key, amount in amounts.items() if amount}
