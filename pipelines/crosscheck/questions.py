"""A question: the window, tenant and so on about which a law is asked. Pure: no I/O."""

from datetime import date
from typing import Final, Literal

import msgspec
from msgspec import Struct

from schema.instants import DAY, HOUR, SECOND, time_of

EVERY_TENANT: Final = "*"  # never a tenant's id
HOURS_PER_DAY: Final = DAY // HOUR
WHOLE_DAY: Final = (1 << HOURS_PER_DAY) - 1

Noted = Literal["equal", "suspected", "different"]
"""What a reading was: both values equal, not equal, or not equal for the last time that makes it a difference."""


class Question(Struct, frozen=True, omit_defaults=True):
    """What both statements of a law are about; a law ignores the members that it does not need.

    `first`, `end`: the window, in seconds since 1970, end excluded. `scope` and `subject`: of hourly rows. `dimension`
    and `value`: a filter. `zone`: the window's local days. `page`: the groups of the first page.
    """

    law: str
    first: int
    end: int
    dataset: str = ""
    tenant: str = EVERY_TENANT
    scope: str = ""
    subject: str = ""
    dimension: str = ""
    value: str = ""
    zone: str = ""
    page: int = 0

    @property
    def text(self) -> str:
        """The question as JSON, which identifies it."""
        return msgspec.json.encode(self).decode()

    @property
    def first_day(self) -> date:
        return time_of(self.first * SECOND).date()

    @property
    def last_day(self) -> date:
        return time_of(self.end * SECOND - 1).date()

    @property
    def hours(self) -> int:
        """The hours of the window, as bits of its first day."""
        begin = self.first * SECOND % DAY // HOUR
        count = (self.end - self.first) * SECOND // HOUR
        return ((1 << count) - 1) << begin & WHOLE_DAY


def question_of(text: str) -> Question:
    """The question of a JSON text."""
    return msgspec.json.decode(text, type=Question)
