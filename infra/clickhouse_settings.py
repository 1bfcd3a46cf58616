"""Settings that the meaning of our statements depends on, sent with each: no profile of a user decides them."""

from collections.abc import Mapping
from typing import Final

PINNED: Final[Mapping[str, str | int]] = {
    # The zone of times that name none: in functions such as now() and toDateTime(), in texts, in results.
    "session_timezone": "UTC",
}
