"""Charts to draw in tests, and drawn charts taken apart."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from markupsafe import Markup

from graph.web.charts import COUNT, PERCENT, Bucket, Quality, Reading, Series, TimeChart, Unit, money_in, reading

ZONE: Final = ZoneInfo("UTC")
FIRST: Final = date(2026, 11, 23)
HOSTILE: Final = "</title></svg><script>alert(1)</script>\"'&\x00\ud800"
DRAWINGS: Final = Path(__file__).parents[1] / "web" / "charts" / "drawings"
FORBIDDEN_TAGS: Final = {"script", "style", "foreignObject", "image", "a"}


def days(count: int, zone: ZoneInfo = ZONE, first: date = FIRST) -> list[datetime]:
    """The starts of consecutive days of a zone, in UTC."""
    return [datetime.combine(first + timedelta(number), time(), zone).astimezone(UTC) for number in range(count)]


def time_chart(*series: Series, unit: Unit = COUNT, zone: ZoneInfo = ZONE, title: str = "Messages") -> TimeChart:
    """A chart of as many days as the series have readings."""
    count = len(series[0].readings) if series else 0
    return TimeChart("chart", title, unit, Bucket.DAY, zone, days(count, zone), series)


def counts(name: str, *values: int | None, before: bool = False) -> Series:
    """A series of complete readings."""
    return Series(name, [reading(each) for each in values], before)


def in_lines(markup: Markup) -> str:
    """The text with one element per line."""
    return str(markup).replace("><", ">\n<") + "\n"


def kept_drawing(name: str) -> str:
    """The text of a small chart that a test compares with."""
    return (DRAWINGS / f"{name}.svg").read_text()


def parsed(markup: Markup) -> ET.Element:
    """The root of the drawn XML. Raises ParseError if it is not well-formed."""
    return ET.fromstring(str(markup))


def drawn(root: ET.Element, attribute: str = "data-value") -> list[ET.Element]:
    """The elements that carry an exact value, in document order."""
    return [each for each in root.iter() if attribute in each.attrib]


def view_box(root: ET.Element) -> tuple[float, float]:
    """The width and the height of the picture."""
    _, _, width, height = root.attrib["viewBox"].split()
    return float(width), float(height)


def texts(root: ET.Element) -> list[str]:
    """All texts of the picture; not its title and description."""
    return ["".join(each.itertext()) for each in root.iter("text")]


def check_safe(root: ET.Element) -> None:
    """Asserts what the Content-Security-Policy and readers of all kinds need."""
    assert root.attrib["role"] == "img"
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert root.attrib["aria-labelledby"].split() == ids
    for each in root.iter():
        assert each.tag not in FORBIDDEN_TAGS
        assert not [name for name in each.attrib if name == "style" or name.startswith("on")]


def expected_values(series: Sequence[Series]) -> list[str]:
    """The exact texts of all values of the series, sorted."""
    return sorted(str(each.value) for one in series for each in one.readings if each.value is not None)


_VALUES: Final = {
    COUNT: st.integers(-(10**15), 10**15),
    PERCENT: st.integers(0, 10_000).map(lambda number: number / 10_000),
    money_in("USD"): st.decimals(-(10**12), 10**12, places=6, allow_nan=False),
}
_QUALITIES: Final = st.lists(st.sampled_from(Quality), max_size=2)


@st.composite
def time_charts(draw: st.DrawFn) -> TimeChart:
    """Charts of up to 10 series over up to 12 days, some of which are missing; values may be absent."""
    unit = draw(st.sampled_from(list(_VALUES)))
    times = [each for each in days(draw(st.integers(0, 12))) if draw(st.integers(0, 9))]
    readings = st.builds(lambda value, named: reading(value, *named), st.none() | _VALUES[unit], _QUALITIES)
    names = draw(st.lists(st.text(max_size=70), max_size=10, unique=True))
    series = [Series(name, draw(st.lists(readings, min_size=len(times), max_size=len(times)))) for name in names]
    return TimeChart("chart", draw(st.text(max_size=30)), unit, Bucket.DAY, ZONE, times, series)


def readings_of(chart: TimeChart) -> Iterator[Reading]:
    """All readings."""
    return (each for series in chart.series for each in series.readings)
