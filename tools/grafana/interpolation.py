"""Fills variables and macros into a query, as the docs of Grafana's three data sources describe."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

RATE_INTERVALS: Final = 4  # scrapes that $__rate_interval spans


@dataclass(frozen=True, slots=True)
class Window:
    """The time range of a dashboard. `step` is the time between two points, `scrape` that between two scrapes."""

    start: datetime
    end: datetime
    step: timedelta
    scrape: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class All:
    """All values of a variable with a custom `allValue`, which Grafana inserts as it is, without quotes."""

    value: str


Choice: TypeAlias = Sequence[str] | All
Choices: TypeAlias = Mapping[str, Choice]
Macro: TypeAlias = Callable[[str], str]

_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$([a-zA-Z]\w*)")
_MACRO: Final = re.compile(r"\$__(\w+)(?:\((.*?)\))?")


def promql(text: str, window: Window, choices: Choices) -> str:
    """A query for Prometheus. Several values of a variable become alternatives of a regular expression."""
    interval = max(window.step + window.scrape, RATE_INTERVALS * window.scrape)
    seconds = f"{max(int(interval.total_seconds()), 1)}s"
    return _interpolated(text, {"rate_interval": lambda _: seconds}, choices, lambda values: "|".join(values))


def clickhouse(text: str, window: Window, choices: Choices) -> str:
    """A query for ClickHouse, with the macros of the plugin grafana-clickhouse-datasource."""
    start, end = (f"toDateTime({int(time.timestamp())})" for time in (window.start, window.end))
    seconds = max(int(window.step.total_seconds()), 1)
    macros: dict[str, Macro] = {
        "fromTime": lambda _: start,
        "toTime": lambda _: end,
        "timeFilter": lambda column: f"{column} >= {start} AND {column} <= {end}",
        "timeInterval": lambda column: f"toStartOfInterval(toDateTime({column}), INTERVAL {seconds} second)",
    }
    return _interpolated(text, macros, choices, _quoted)


def postgres(text: str, window: Window, choices: Choices) -> str:
    """A query for PostgreSQL, with the macros of Grafana's data source."""
    start, end = (f"'{time:%Y-%m-%dT%H:%M:%SZ}'" for time in (window.start, window.end))
    macros: dict[str, Macro] = {"timeFilter": lambda column: f"{column} BETWEEN {start} AND {end}"}
    return _interpolated(text, macros, choices, _quoted)


def _interpolated(
    text: str, macros: Mapping[str, Macro], choices: Choices, several: Callable[[Sequence[str]], str]
) -> str:
    """Raises KeyError for an unknown macro or variable."""

    def chosen(variable: re.Match[str]) -> str:
        choice = choices[variable[1] or variable[3]]
        return choice.value if isinstance(choice, All) else several(choice)

    def expanded(macro: re.Match[str]) -> str:
        return macros[macro[1]](macro[2] or "")

    return _VARIABLE.sub(chosen, _MACRO.sub(expanded, text))


def _quoted(values: Sequence[str]) -> str:
    """Values in Grafana's format `singlequote`."""
    return ",".join("'" + value.replace("'", "\\'") + "'" for value in values)
