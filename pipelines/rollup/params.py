"""The parameters of a run."""

import datetime as dt

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day`: add up this day, changed or not. `all`: every day that has figures. Neither: the days that changed."""

    day: dt.date | None = None
    all: bool = False
