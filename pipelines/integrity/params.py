"""The parameters of a run."""

from datetime import date

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day`: a closed one that is to be looked at for late facts, whatever was found of it before."""

    day: date | None = None
