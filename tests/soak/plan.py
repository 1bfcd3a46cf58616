"""What a run is: how long, how much, how often something breaks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` of load of `rate` messages per second; a fault every `pause` seconds on average.

    `faults`: their number at least. `ack_wait`: seconds after which a dead worker's messages are redelivered; None for
    the product's own.
    """

    seed: int
    seconds: float = 600.0
    rate: float = 300.0
    pause: float = 10.0
    faults: int = 0
    ack_wait: float | None = None

    def time_in_events(self, began: datetime, now: datetime) -> datetime:
        """The time in events at the time `now` of a load that began then.

        It moves by a whole day while the load lasts, and is the real time at its end.
        """
        left = 1 - (now - began) / timedelta(seconds=self.seconds)
        return began + timedelta(seconds=self.seconds) - DAY * max(left, 0.0)
