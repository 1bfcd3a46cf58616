"""The parameters of a run."""

from datetime import date

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day`: a closed day to check for late facts, whether new ones arrived or not."""

    day: date | None = None
