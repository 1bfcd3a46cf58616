"""The times of pipelines, in all their forms, follow from the definitions."""

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger

from pipelines.pipeline_registry import DEFINITIONS
from pipelines.schedule import trigger
from pipelines.times import Daily, Every, EveryMinute, Times, crontab, in_words, is_resident

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def test_each_pipeline_states_its_times() -> None:
    assert {name: in_words(definition.times) for name, definition in DEFINITIONS.items()} == {
        "cubes": "every 15 s",
        "copies": "every minute",
        "rollup": "every 15 minutes",
        "quality": "every minute, at second 5",
        "maintenance": "01:40",
        "integrity": "02:30",
        "tlog": "every 4 minutes",
        "reconciliation": "03:10",
        "archive": "04:20",
        "crosscheck": "every minute",
    }


@pytest.mark.parametrize(
    ("times", "cron", "resident"),
    [
        (Every(seconds=15), "* * * * *", True),
        (Every(seconds=60), "* * * * *", True),
        (EveryMinute(second=5), "* * * * *", True),
        (Every(seconds=900), "*/15 * * * *", False),
        (Daily(1, 40), "40 1 * * *", False),
    ],
)
def test_a_cron_job_runs_when_the_scheduler_does(times: Times, cron: str, resident: bool) -> None:
    assert (crontab(times), is_resident(times)) == (cron, resident)
    if isinstance(times, Daily):
        job = CronTrigger.from_crontab(crontab(times), timezone=UTC)
        assert trigger(times).get_next_fire_time(None, MIDNIGHT) == job.get_next_fire_time(None, MIDNIGHT)
    if isinstance(times, EveryMinute):
        assert trigger(times).get_next_fire_time(None, MIDNIGHT) == MIDNIGHT + timedelta(seconds=times.second)
