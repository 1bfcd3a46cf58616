"""The parameters of a run."""

from datetime import date
from typing import Annotated

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day`: search all facts of this day, marked or not. `limit`: marked minutes per run, newest first."""

    day: date | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] = 50_000
