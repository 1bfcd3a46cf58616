"""Parses arguments of the command line for which click has no type."""

from collections.abc import Sequence
from datetime import date, datetime

import click

from schema.history import EARLIEST, LATEST


def read_time(option: str, text: str | None) -> datetime | None:
    """The time of an option in RFC 3339; None for None. Raises click's UsageError with the option's name."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = datetime.min
    if time.tzinfo is None:
        raise click.UsageError(f"{option} {text} is not a time with an offset, such as 2026-10-01T00:00:00Z.")
    if not EARLIEST <= time < LATEST:
        raise click.UsageError(f"{option} {text} is not between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}.")
    return time


def read_day(option: str, text: str | None) -> date | None:
    """The day of an option in ISO 8601; None for None. Raises click's UsageError with the option's name."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{option} {text} is not a day, such as 2026-10-01.") from None


def check_ids(ids: Sequence[int], *, all_: bool) -> None:
    """Raises click's UsageError unless either ids or --all were given."""
    if bool(ids) == all_:
        raise click.UsageError("Give the numbers of dead letters, or --all.")
