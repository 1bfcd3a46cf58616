"""The parameters of a run."""

from datetime import date

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day`: compare this day only, whether it was compared before or not."""

    day: date | None = None
