"""A query as Grafana sends it: variables and macros filled in, as the docs of its three data sources describe them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

RATE_INTERVALS: Final = 4  # how many scrapes $__rate_interval spans


@dataclass(frozen=True, slots=True)
class Window:
    """The time range on the screen; `step` is between two points on it, `scrape` between two scrapes."""

    start: datetime
    end: datetime
    step: timedelta
    scrape: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class All:
    """All values of a variable that says itself what stands for them: put in as it is, never quoted."""

    value: str


Choice: TypeAlias = Sequence[str] | All
Choices: TypeAlias = Mapping[str, Choice]
Macro: TypeAlias = Callable[[str], str]

_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$([a-zA-Z]\w*)")
_MACRO: Final = re.compile(r"\$__(\w+)(?:\((.*?)\))?")


def promql(text: str, window: Window, choices: Choices) -> str:
    """Several values of a variable become alternatives of a regular expression."""
    interval = max(window.step + window.scrape, RATE_INTERVALS * window.scrape)
    seconds = f"{max(int(interval.total_seconds()), 1)}s"
    return _filled(text, {"rate_interval": lambda _: seconds}, choices, lambda values: "|".join(values))


def clickhouse(text: str, window: Window, choices: Choices) -> str:
    """Macros of the plugin grafana-clickhouse-datasource."""
    start, end = (f"toDateTime({int(time.timestamp())})" for time in (window.start, window.end))
    seconds = max(int(window.step.total_seconds()), 1)
    macros: dict[str, Macro] = {
        "fromTime": lambda _: start,
        "toTime": lambda _: end,
        "timeFilter": lambda column: f"{column} >= {start} AND {column} <= {end}",
        "timeInterval": lambda column: f"toStartOfInterval(toDateTime({column}), INTERVAL {seconds} second)",
    }
    return _filled(text, macros, choices, _quoted)


def postgres(text: str, window: Window, choices: Choices) -> str:
    """Macros of Grafana's own data source for PostgreSQL."""
    start, end = (f"'{time:%Y-%m-%dT%H:%M:%SZ}'" for time in (window.start, window.end))
    macros: dict[str, Macro] = {"timeFilter": lambda column: f"{column} BETWEEN {start} AND {end}"}
    return _filled(text, macros, choices, _quoted)


def _filled(text: str, macros: Mapping[str, Macro], choices: Choices, several: Callable[[Sequence[str]], str]) -> str:
    """KeyError for a macro or a variable that nobody knows."""

    def chosen(found: re.Match[str]) -> str:
        choice = choices[found[1] or found[3]]
        return choice.value if isinstance(choice, All) else several(choice)

    def expanded(found: re.Match[str]) -> str:
        return macros[found[1]](found[2] or "")

    return _VARIABLE.sub(chosen, _MACRO.sub(expanded, text))


def _quoted(values: Sequence[str]) -> str:
    """The format `singlequote`."""
    return ",".join("'" + value.replace("'", "\\'") + "'" for value in values)
