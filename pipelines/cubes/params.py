"""The parameters of a run."""

from typing import Annotated

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`chunk`: hourly cells per statement (daily ones: a quarter). `limit`: cells per run, newest first."""

    chunk: Annotated[int, msgspec.Meta(ge=4, le=10_000)] = 400
    limit: Annotated[int, msgspec.Meta(ge=1)] = 200_000
