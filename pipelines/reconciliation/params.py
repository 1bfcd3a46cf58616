"""The parameters of a run."""

from datetime import date

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day`: only this one, whether it was compared before or not."""

    day: date | None = None
