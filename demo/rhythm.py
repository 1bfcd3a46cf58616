"""When messages are sent: Kabul's days and weeks, marketing campaigns, and the daily bad hour of one link.

Instants are integers: milliseconds since 1970 UTC. The smallest step of the rhythm is a quarter of an hour.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
QUARTER: Final = 15 * MINUTE
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

KABUL: Final = 4 * HOUR + 30 * MINUTE  # UTC offset of Asia/Kabul, which has no summer time
FRIDAY: Final = 4  # the weekend; Monday is 0

# In this hour UTC of each day (18:30 to 19:30 in Kabul, the evening peak), this link delivers badly.
DEGRADED_OPERATOR: Final = "op-roshan-2"
DEGRADED_HOUR_UTC: Final = 14

# Weekday and time of day, in Kabul, at which a campaign of CAMPAIGN_LENGTH begins.
CAMPAIGNS: Final = ((5, 10 * HOUR), (0, 17 * HOUR), (2, 12 * HOUR), (3, 16 * HOUR + 30 * MINUTE))
CAMPAIGN_LENGTH: Final = 2 * QUARTER
CAMPAIGN_LEVEL: Final = 4.0  # its sender's additional traffic, as a multiple of average platform traffic

# Relative traffic of each lane (world.LANES) at each full hour in Kabul, and its factor on Fridays.
_HOURLY: Final = (
    (1,) * 24,
    (3, 2, 1, 1, 1, 2, 5, 8, 11, 13, 13, 12, 13, 12, 12, 13, 15, 18, 22, 25, 24, 18, 11, 6),
    (1, 1, 1, 1, 1, 2, 4, 10, 18, 22, 23, 21, 17, 19, 21, 20, 18, 16, 17, 18, 14, 8, 4, 2),
    (0, 0, 0, 0, 0, 0, 0, 1, 4, 10, 14, 15, 11, 9, 10, 13, 18, 22, 24, 19, 10, 3, 0, 0),
)
_FRIDAY: Final = (1.0, 0.85, 0.45, 0.25)


def levels(at: int) -> npt.NDArray[np.float64]:
    """The traffic of each lane at an instant, relative to its average over the week."""
    day, time_of_day = divmod(at + KABUL, DAY)
    curves = [np.interp(time_of_day / HOUR, np.arange(24), hourly, period=24) for hourly in _HOURLY]
    weekend = np.where(_weekday(day) == FRIDAY, _FRIDAY, 1.0)
    return np.array(curves) * weekend / _weekly_means()


def campaign(at: int) -> int | None:
    """The instant at which the campaign that runs at `at` began; None if none runs."""
    day, time_of_day = divmod(at + KABUL, DAY)
    for weekday, begins in CAMPAIGNS:
        if _weekday(day) == weekday and begins <= time_of_day < begins + CAMPAIGN_LENGTH:
            return at - time_of_day + begins
    return None


def campaign_share() -> float:
    """The campaigns' traffic in a week, relative to the traffic without them."""
    return CAMPAIGN_LEVEL * len(CAMPAIGNS) * CAMPAIGN_LENGTH / WEEK


def degraded(at: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each instant is in the bad hour of DEGRADED_OPERATOR."""
    return np.asarray(at % DAY // HOUR == DEGRADED_HOUR_UTC)


def _weekday(day: int) -> int:
    return (day + 3) % 7  # 1970-01-01 was a Thursday


@cache
def _weekly_means() -> npt.NDArray[np.float64]:
    friday_and_others = (np.array(_FRIDAY) + 6) / 7
    return np.array([np.mean(hourly) for hourly in _HOURLY]) * friday_and_others
