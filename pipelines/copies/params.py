"""The parameters of a run."""

from datetime import date
from typing import Annotated

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day`: all facts of it are searched, whenever they came; `limit`: marked minutes per run, the newest first."""

    day: date | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] = 50_000
