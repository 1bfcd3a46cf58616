"""What a chart is made of: readings with their quality, and series of them. The table is made from the same values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from graph.web.charts.buckets import Bucket, bucket_text, iso, next_start
from graph.web.charts.units import Unit

_ID: Final = re.compile(r"[a-z][a-z0-9-]*")


class Quality(StrEnum):
    """What limits a reading. A reading without any is complete."""

    PARTIAL = "PARTIAL"
    PROVISIONAL = "PROVISIONAL"
    INTERPOLATED = "INTERPOLATED"
    ESTIMATED = "ESTIMATED"
    LOW_SAMPLE = "LOW_SAMPLE"
    SUPPRESSED = "SUPPRESSED"


Qualities: TypeAlias = frozenset[Quality]
COMPLETE: Final[Qualities] = frozenset()

# The words beside a figure, and the sentence in a chart's key.
WORDS: Final = {
    Quality.PARTIAL: ("partial", "Not all events of this time are counted yet, or only a part of it was requested."),
    Quality.PROVISIONAL: ("provisional", "At least 1 % of the messages have no final report yet; rates will change."),
    Quality.INTERPOLATED: ("interpolated", "Not counted at this resolution: a share of the count of a longer time."),
    Quality.ESTIMATED: ("estimated", "Computed from a sample or a sketch, with an error."),
    Quality.LOW_SAMPLE: ("low sample", "Fewer than 100 final reports: the figure is uncertain."),
    Quality.SUPPRESSED: ("suppressed", "Too few messages to show a figure."),
}


class Tone(StrEnum):
    """The colour and pattern of a series that is an outcome; other series get theirs by their order."""

    DELIVERED = "delivered"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as the API gives it, exactly, or None where there is none."""

    value: Decimal | None
    qualities: Qualities = COMPLETE

    def __post_init__(self) -> None:
        if self.value is not None and not self.value.is_finite():
            raise ValueError(f"{self.value} cannot be drawn; give None where there is no value.")


def reading(value: int | float | str | Decimal | None, *qualities: Quality) -> Reading:
    """A reading of an API's figure: a count, a rate (float) or an amount of money (decimal string)."""
    return Reading(None if value is None else Decimal(str(value)), frozenset(qualities))


@lru_cache(maxsize=8192, typed=True)  # the next look at a page has most of these figures again
def limited_reading(value: int | float | str | None, qualities: Qualities) -> Reading:
    """As `reading`, with the qualities of `qualities_of`."""
    return reading(value, *qualities)


@cache
def qualities_of(
    quality: str = "ACTUAL", *, provisional: bool = False, low_sample: bool = False, suppressed: bool = False
) -> Qualities:
    """The qualities of a point of an answer, from its fields."""
    flags = {
        Quality.PROVISIONAL: provisional,
        Quality.LOW_SAMPLE: low_sample,
        Quality.SUPPRESSED: suppressed,
    }
    named = COMPLETE if quality == "ACTUAL" else frozenset({Quality(quality)})
    return named | {each for each, holds in flags.items() if holds}


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one thing, one for each of the chart's times. `before`: of the period before, under the same name."""

    name: str
    readings: Sequence[Reading]
    before: bool = False
    tone: Tone | None = None

    @property
    def label(self) -> str:
        """The name as written in tables and labels."""
        return f"{self.name}, period before" if self.before else self.name


@dataclass(frozen=True)  # without slots: what both pictures and the table need is computed once
class TimeChart:
    """Series over buckets of time: the values of a line chart, a bar chart, and their table.

    `times`: the starts of the buckets, aware, increasing. `zone`: the one whose days and months the buckets are.
    `id`: unique on the page. Raises ValueError if the values do not fit each other.
    """

    id: str
    title: str
    unit: Unit
    bucket: Bucket
    zone: ZoneInfo
    times: Sequence[datetime]
    series: Sequence[Series]

    def __post_init__(self) -> None:
        check_id(self.id)
        if any(time.tzinfo is None for time in self.times):
            raise ValueError("The times of a chart need an offset.")
        if any(after <= before for before, after in zip(self.times, self.times[1:], strict=False)):
            raise ValueError("The times of a chart must increase.")
        if wrong := [each.label for each in self.series if len(each.readings) != len(self.times)]:
            raise ValueError(f"These series need one reading for each of {len(self.times)} times: {', '.join(wrong)}.")

    @cached_property
    def ends(self) -> Sequence[datetime]:
        """Where each bucket ends."""
        return [next_start(each, self.bucket, self.zone) for each in self.times]

    @cached_property
    def starts(self) -> Sequence[str]:
        """The times as the API writes them."""
        return [iso(each) for each in self.times]

    @cached_property
    def texts(self) -> Sequence[str]:
        """The buckets as people write them."""
        return [bucket_text(each, self.bucket, self.zone) for each in self.times]


def check_id(identifier: str) -> None:
    """Raises ValueError unless it can be the id of an element."""
    if not _ID.fullmatch(identifier):
        raise ValueError(f"{identifier!r} is no id of a chart; use small letters, digits and hyphens.")
