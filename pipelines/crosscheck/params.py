"""The parameters of a run."""

from datetime import date
from typing import Annotated

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`law`, `day`: ask about these only. `seed`: draw the questions of an earlier run, if the stores have the same.

    `seconds`: budget of the run; by default ANLYT_CROSSCHECK_MILLISECONDS. `pause`: seconds between two readings of a
    suspicion, and how far consumers may be behind. `questions`: at most this many.
    """

    law: str | None = None
    day: date | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)] | None = None
    pause: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 30.0
    questions: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 500
