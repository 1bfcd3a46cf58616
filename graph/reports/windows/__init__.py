"""Windows of time: parsed, checked, and snapped outward to whole UTC hours. Pure.

In reading order: `window` has the values (`Window`, and `DaySlice`, the hours of one UTC day). `parsing` reads RFC 3339
times. `relative` resolves what a caller requests (`WindowRequest`), such as `today` or `7d`. `zone_days` has the days
and months of a time zone.
"""

from graph.reports.windows.parsing import (
    EXAMPLE,
    LATER_EXAMPLE,
    LONGEST,
    LONGEST_TREND,
    check_length,
    parse_time,
    parse_window,
    snapped_window,
)
from graph.reports.windows.relative import (
    LAST_PATTERN,
    LAST_RULE,
    PERIODS,
    Period,
    WindowRequest,
    period,
    read_length,
    resolve_window,
)
from graph.reports.windows.window import (
    DAY_HOURS,
    DaySlice,
    Granularity,
    Window,
    day_date,
    day_number,
    day_start,
    hour_number,
    hour_start,
    series_length,
    whole_days,
)
from graph.reports.windows.zone_days import add_months, date_of, day_begins

__all__ = [
    "DAY_HOURS",
    "EXAMPLE",
    "LAST_PATTERN",
    "LAST_RULE",
    "LATER_EXAMPLE",
    "LONGEST",
    "LONGEST_TREND",
    "PERIODS",
    "DaySlice",
    "Granularity",
    "Period",
    "Window",
    "WindowRequest",
    "add_months",
    "check_length",
    "date_of",
    "day_begins",
    "day_date",
    "day_number",
    "day_start",
    "hour_number",
    "hour_start",
    "parse_time",
    "parse_window",
    "period",
    "read_length",
    "resolve_window",
    "series_length",
    "snapped_window",
    "whole_days",
]
