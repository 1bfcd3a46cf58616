"""The window of a page: what its URL says, in a time zone, and the window that the API counts for it.

A URL has `last`, `window`, or `from` and `to`, as the API's; times without an offset are local times of `timezone`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from graph.errors import InvalidWindowError
from graph.http.parameters import Parameter, read_time
from graph.reports import parameters as p
from graph.reports.windows import Window, WindowRequest, date_of, day_begins, parse_time, resolve_window
from graph.web.charts.buckets import iso
from infra.zones import TIMEZONES, timezone

PointLength = Literal["hour", "day"]

UTC_ZONE: Final = "UTC"
# Suggestions; every IANA zone is accepted.
ZONES: Final = (
    *(UTC_ZONE, "Asia/Kabul", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Tashkent"),
    *("Europe/Istanbul", "Europe/Berlin", "Europe/London", "America/New_York"),
)
LONGEST_BY_HOUR: Final = timedelta(hours=75)  # longer windows have a point per day

_LOCAL: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", re.ASCII)
_RANGE: Final = (p.LAST, p.NAMED, p.FROM, p.TO)


class Preset(NamedTuple):
    """A window that is one click away."""

    label: str
    parameters: Mapping[str, str]


PRESETS: Final = (
    Preset("24 hours", {"last": "24h"}),
    Preset("Yesterday", {"window": "yesterday"}),
    Preset("7 days", {"last": "7d"}),
    Preset("30 days", {"last": "30d"}),
    Preset("90 days", {"last": "90d"}),
    Preset("This month", {"window": "thisMonth"}),
)
PARAMETERS: Final[tuple[Parameter, ...]] = p.WINDOW


@dataclass(frozen=True, slots=True)
class PageWindow:
    """A window of whole UTC hours, shown in a zone. `parameters`: those of the URL, which request it again."""

    window: Window
    timezone: str
    parameters: Mapping[str, str]

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the page's times and days."""
        return timezone(self.timezone)

    @property
    def previous(self) -> Window:
        """The window of the same length that ends where this one begins."""
        return Window(self.window.from_ - (self.window.to - self.window.from_), self.window.from_)

    @property
    def with_previous(self) -> Window:
        """The window and the previous one."""
        return Window(self.previous.from_, self.window.to)

    @property
    def before(self) -> "PageWindow":
        """The previous window, shown in the same zone."""
        return replace(self, window=self.previous)

    def start_before(self, start: datetime, granularity: PointLength, zone: ZoneInfo) -> datetime:
        """The hour or day of the period before that the one at `start` is compared with.

        Days are compared with days: in a window of 28 days and 14 hours, with those 29 days earlier.
        """
        length = self.window.to - self.window.from_
        if granularity == "hour":
            return start - length
        return day_begins(date_of(start, zone) - timedelta(days=-(-length // timedelta(days=1))), zone)

    @property
    def granularity(self) -> PointLength:
        """The length of a point in the page's charts."""
        return "hour" if self.window.to - self.window.from_ <= LONGEST_BY_HOUR else "day"

    @property
    def exact(self) -> Mapping[str, str]:
        """The API's parameters for exactly this window, whenever they are sent."""
        return {"from": iso(self.window.from_), "to": iso(self.window.to)}

    def has_whole(self, start: datetime, end: datetime, horizon: datetime | None) -> bool:
        """Whether the window has the whole bucket, and everything in it has arrived: its end is before `horizon`."""
        return self.window.from_ <= start and end <= self.window.to and horizon is not None and end <= horizon

    @property
    def preset(self) -> Preset | None:
        """The preset that the URL has; None for any other window."""
        chosen = {name: value for name, value in self.parameters.items() if name != "timezone"}
        return next((each for each in PRESETS if each.parameters == chosen), None)


class WindowProblems(Exception):  # noqa: N818  # it carries several
    """A URL's window is wrong; `by_field` says why, by parameter."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__("; ".join(by_field.values()))
        self.by_field = by_field


def read_page_window(values: Mapping[str, str], default: Mapping[str, str], now: datetime) -> PageWindow:
    """The window of a URL at `now`. Raises WindowProblems with all fields that are wrong."""
    given = {each.name: values[each.name] for each in _RANGE if each.name in values}
    zone = values.get("timezone", UTC_ZONE)
    if zone not in TIMEZONES:
        raise WindowProblems({"timezone": _reason(WindowRequest(last="1h", timezone=zone), now)})
    own, problems = _own_times(given, zone)
    if problems:
        raise WindowProblems(problems)
    chosen = given or default
    relative = None if own else zone
    request = WindowRequest(own.get("from"), own.get("to"), chosen.get("window"), chosen.get("last"), relative)
    try:
        window = resolve_window(request, now)
    except InvalidWindowError as error:
        raise WindowProblems({_blamed(given): str(error)}) from error
    named_zone = {"timezone": zone} if "timezone" in values else {}
    return PageWindow(window, zone, {**chosen, **named_zone})


def _own_times(given: Mapping[str, str], zone: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The times of `from` and `to` as RFC 3339, and the problems of those that are none."""
    times, problems = dict[str, str](), dict[str, str]()
    for parameter in (p.FROM, p.TO):
        text = read_time(parameter, given)
        if text is None:
            continue
        try:
            times[parameter.name] = _instant(parameter.name, text, zone)
        except InvalidWindowError as error:
            problems[parameter.name] = str(error)
    return times, problems


def _instant(name: str, text: str, zone: str) -> str:
    """A time of a URL as RFC 3339 in UTC; without an offset it is a local time of `zone`. Raises InvalidWindowError."""
    if not _LOCAL.fullmatch(text):
        return parse_time(name, text).isoformat()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=timezone(zone)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise InvalidWindowError(f"{name} is not a time that exists: {text}.") from None


def _reason(request: WindowRequest, now: datetime) -> str:
    """What the API says about a wrong window."""
    try:
        resolve_window(request, now)
    except InvalidWindowError as error:
        return str(error)
    raise AssertionError("the window is wrong")


def _blamed(given: Mapping[str, str]) -> str:
    """The field at which a problem of the whole window is shown."""
    return next((name for name in ("last", "window", "to", "from") if name in given), "from")


def local_input(time: datetime, zone: ZoneInfo) -> str:
    """A time as the value of an input `datetime-local`."""
    return time.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def zones_to_offer(current: str) -> Sequence[str]:
    """The zones that the page suggests, the current one among them."""
    return ZONES if current in ZONES else (current, *ZONES)
