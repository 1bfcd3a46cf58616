"""Days and weeks in Kabul, campaigns, and the bad hour."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from demo.rhythm import QUARTER, WEEK, campaign, degraded, levels
from demo.world import LANES

KABUL = timezone(timedelta(hours=4, minutes=30))
P0, OTP, TRANSACTIONAL, MARKETING = range(len(LANES))


def at(day: int, hour: int, minute: int = 0, zone: timezone = KABUL) -> int:
    """An instant in October 2026 in Kabul; the 2nd is a Friday."""
    return int(datetime(2026, 10, day, hour, minute, tzinfo=zone).timestamp()) * 1000


def test_a_lane_has_level_one_on_a_weeks_average() -> None:
    quarters = np.array([levels(instant) for instant in range(0, WEEK, QUARTER)])
    assert quarters.mean(axis=0) == pytest.approx(np.ones(len(LANES)), rel=0.005)


def test_evenings_are_busy_and_nights_quiet() -> None:
    evening, night = levels(at(5, 19)), levels(at(5, 3))
    assert evening[OTP] > 10 * night[OTP]
    assert night[MARKETING] == 0
    assert evening[P0] == night[P0]


def test_friday_is_the_weekend() -> None:
    friday, thursday = levels(at(2, 11)), levels(at(1, 11))
    assert friday[TRANSACTIONAL] == pytest.approx(0.45 * thursday[TRANSACTIONAL])
    assert friday[MARKETING] == pytest.approx(0.25 * thursday[MARKETING])


def test_a_friday_begins_and_ends_at_midnight_in_kabul() -> None:
    assert levels(at(2, 0))[OTP] == pytest.approx(0.85 * levels(at(3, 0))[OTP])
    assert levels(at(1, 23, 59))[OTP] > levels(at(2, 0))[OTP]


@pytest.mark.parametrize(
    ("instant", "begun"),
    [
        (at(3, 9, 59), None),
        (at(3, 10), at(3, 10)),
        (at(3, 10, 29), at(3, 10)),
        (at(3, 10, 30), None),
        (at(2, 10), None),
        (at(5, 17, 15), at(5, 17)),
        (at(8, 16, 45), at(8, 16, 30)),
    ],
)
def test_a_campaign_lasts_half_an_hour(instant: int, begun: int | None) -> None:
    assert campaign(instant) == begun


def test_the_bad_hour_comes_every_day() -> None:
    instants = [at(day, hour, minute, UTC) for day in (5, 9) for hour, minute in ((13, 59), (14, 0), (14, 59), (15, 0))]
    assert degraded(np.array(instants)).tolist() == [False, True, True, False] * 2
