"""What words of the command line mean, where click has no type for it."""

from collections.abc import Sequence
from datetime import date, datetime

import click

from schema.history import EARLIEST, LATEST


def read_time(option: str, text: str | None) -> datetime | None:
    """What an option's RFC 3339 says; click's UsageError names it."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise click.UsageError(f"{option} {text} is not a time with an offset, such as 2026-10-01T00:00:00Z.")
    if not EARLIEST <= found < LATEST:
        raise click.UsageError(f"{option} {text} does not lie between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}.")
    return found


def read_day(option: str, text: str | None) -> date | None:
    """What an option's ISO 8601 says; click's UsageError names it."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{option} {text} is not a day, such as 2026-10-01.") from None


def check_ids(ids: Sequence[int], *, all_: bool) -> None:
    """Either numbers or --all; click's UsageError."""
    if bool(ids) == all_:
        raise click.UsageError("Give the numbers of dead letters, or --all.")
