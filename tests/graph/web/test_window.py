"""The window of a page is the API's window, and local times are times of the page's zone."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from graph.reports.windows import WindowRequest, resolve_window
from graph.web.window import PRESETS, WindowProblems, read_page_window

NOW = datetime(2026, 11, 29, 8, 20, 30, tzinfo=UTC)
DEFAULT = {"last": "7d"}


def times(values: Mapping[str, str]) -> tuple[str, str]:
    window = read_page_window(values, DEFAULT, NOW).window
    return f"{window.from_:%d %H:%M}", f"{window.to:%d %H:%M}"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kabul"])
@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.label)
def test_presets_are_windows_of_the_api(preset: tuple[str, Mapping[str, str]], zone: str) -> None:
    label, parameters = preset
    found = read_page_window({**parameters, "timezone": zone}, DEFAULT, NOW)
    request = WindowRequest(window=parameters.get("window"), last=parameters.get("last"), timezone=zone)
    assert found.window == resolve_window(request, NOW)
    assert found.preset is not None
    assert found.preset.label == label
    assert found.previous.to == found.window.from_
    assert found.previous.to - found.previous.from_ == found.window.to - found.window.from_


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ("22 08:00", "29 09:00")),
        ({"from": "2026-11-20T00:00", "to": "2026-11-21T00:00"}, ("20 00:00", "21 00:00")),
        ({"from": "2026-11-20T00:30", "to": "2026-11-21T00:30", "timezone": "Asia/Kabul"}, ("19 20:00", "20 20:00")),
        ({"from": "2026-11-20T00:00", "to": "2026-11-21T00:00", "timezone": "Asia/Kabul"}, ("19 19:00", "20 20:00")),
        ({"from": "2026-11-20T00:00:00+04:30", "to": "2026-11-21T00:00:00Z"}, ("19 19:00", "21 00:00")),
        ({"from": "2026-11-20T00:00:00 04:30", "to": "2026-11-21T00:00:00Z"}, ("19 19:00", "21 00:00")),
        ({"from": "2026-11-28T10:00"}, ("28 10:00", "29 09:00")),
    ],
)
def test_own_windows(values: Mapping[str, str], expected: tuple[str, str]) -> None:
    assert times(values) == expected


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"timezone": "Mars"}, {"timezone"}),
        ({"last": "0d"}, {"last"}),
        ({"window": "today", "last": "1d"}, {"last"}),
        ({"from": "x", "to": "y"}, {"from", "to"}),
        ({"from": "2026-02-30T00:00"}, {"from"}),
        ({"from": "2026-11-20T00:00", "to": "2026-11-20T00:00"}, {"to"}),
        ({"from": "2026-01-01T00:00"}, {"from"}),
        ({"from": "9999-12-31T23:59", "timezone": "America/New_York"}, {"from"}),
        ({"from": "0001-01-01T00:00", "timezone": "Asia/Kabul"}, {"from"}),
    ],
)
def test_problems_have_their_fields(values: Mapping[str, str], fields: set[str]) -> None:
    with pytest.raises(WindowProblems) as wrong:
        read_page_window(values, DEFAULT, NOW)
    assert set(wrong.value.by_field) == fields


def test_an_answers_window_can_be_requested_again() -> None:
    """The parameters for the API stand for the same hours at any later time."""
    found = read_page_window({"last": "24h", "timezone": "Asia/Kabul"}, DEFAULT, NOW)
    later = datetime(2026, 12, 1, tzinfo=UTC)
    assert resolve_window(WindowRequest(found.exact["from"], found.exact["to"]), later) == found.window
