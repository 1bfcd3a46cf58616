"""The times at which a pipeline runs, as its definition states them.

The scheduler's triggers, the chart's CronJobs, the alert on daily pipelines and the runbook's table follow from them.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

MINUTE: Final = 60  # seconds


@dataclass(frozen=True, slots=True)
class Every:
    """At a fixed interval: a divisor of a minute, or whole minutes that divide an hour."""

    seconds: int


@dataclass(frozen=True, slots=True)
class EveryMinute:
    """At this second of each minute."""

    second: int


@dataclass(frozen=True, slots=True)
class Daily:
    """At this minute of each day, UTC."""

    hour: int
    minute: int


Times: TypeAlias = Every | EveryMinute | Daily


def crontab(times: Times) -> str:
    """The schedule of a CronJob, in five fields. Pipelines that run more often than every minute get every minute."""
    match times:
        case Every(seconds=seconds) if seconds > MINUTE:
            return f"*/{seconds // MINUTE} * * * *"
        case Every() | EveryMinute():
            return "* * * * *"
        case Daily(hour=hour, minute=minute):
            return f"{minute} {hour} * * *"
        case _:
            assert_never(times)


def in_words(times: Times) -> str:
    """The times as text for the runbook's column "when (UTC)"."""
    match times:
        case Every(seconds=seconds) if seconds < MINUTE:
            return f"every {seconds} s"
        case Every(seconds=seconds) if seconds == MINUTE:
            return "every minute"
        case Every(seconds=seconds):
            return f"every {seconds // MINUTE} minutes"
        case EveryMinute(second=second):
            return f"every minute, at second {second}"
        case Daily(hour=hour, minute=minute):
            return f"{hour:02}:{minute:02}"
        case _:
            assert_never(times)


def is_resident(times: Times) -> bool:
    """Whether a pipeline is due every minute or more often, so that a pod per run would cost more than the work."""
    return crontab(times) == "* * * * *"
