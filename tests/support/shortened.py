"""The shipped alerts and routes with shorter durations, so that a test sees minutes, hours and days pass.

Every duration of d seconds becomes 10 * (d / 300) ** 0.3 seconds: 5 minutes become 10 s, an hour 21 s, 11 days 113 s.
The order of durations is kept, so a window stays longer than another one. Nothing else changes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WINDOW: Final = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|(?<=offset )(\d+)([smhd])\b")
# A limit in seconds is one of whole minutes; all other limits of the alerts are smaller.
_LIMIT: Final = re.compile(r"(?<=> )((?:bool )?)(\d+)((?: \* 3600)?)(?![\d.])")
_ROUTE: Final = ("group_wait", "group_interval", "repeat_interval")


def shortened(seconds: float) -> float:
    """The shorter duration, in seconds."""
    return round(10 * (seconds / 300) ** 0.3, 1) if seconds else 0


def duration(text: str) -> str:
    """A duration such as `5m`, shorter and in milliseconds."""
    return f"{int(shortened(int(text[:-1]) * UNITS[text[-1]]) * 1000)}ms"


def expression(text: str) -> str:
    """PromQL with shorter windows, offsets and limits in seconds."""

    def limit(match: re.Match[str]) -> str:
        seconds = int(match[2]) * (3600 if match[3] else 1)
        return match[0] if seconds == 0 or seconds % 60 else f"{match[1]}{shortened(seconds):g}"

    return _LIMIT.sub(limit, _WINDOW.sub(lambda match: duration(match[0]), text))


def rule(shipped: Mapping[str, Any]) -> dict[str, Any]:
    """An alert or a recorded series."""
    waits = {"for": duration(shipped["for"])} if "for" in shipped else {}
    return {**shipped, "expr": expression(shipped["expr"]), **waits}


def route(shipped: Mapping[str, Any]) -> dict[str, Any]:
    """A route of Alertmanager, with its children."""
    times = {name: duration(shipped[name]) for name in _ROUTE if name in shipped}
    children: Sequence[Mapping[str, Any]] = shipped.get("routes", ())
    return {**shipped, **times, **({"routes": [route(each) for each in children]} if children else {})}
