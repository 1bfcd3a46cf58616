"""Elements as text."""

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from graph.web.charts.svg import coordinate, coordinates, element, elements, joined, written


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (element("g", {}), "<g/>"),
        (element("g", {}, ""), "<g></g>"),
        (
            element("g", {"class": None, "x": 1.0, "y": 2, "data-value": Decimal("3.50")}),
            '<g x="1" y="2" data-value="3.50"/>',
        ),
        (element("text", {"class": '"><b>'}, "a < b & c"), '<text class="&#34;&gt;&lt;b&gt;">a &lt; b &amp; c</text>'),
        (element("g", {}, element("b", {}, "1"), "2"), "<g><b>1</b>2</g>"),
        (joined((Markup("<a/>"), Markup("<b/>"))), "<a/><b/>"),
    ],
)
def test_markup(markup: Markup, text: str) -> None:
    assert str(markup) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.001, "0"), (12.5, "12.5"), (12.345, "12.35"), (-1.999, "-2"), (100.0, "100")]
)
def test_coordinates_have_at_most_2_decimals(value: float, text: str) -> None:
    assert coordinate(value) == text


@given(text=st.text(st.characters(codec=None)))
def test_any_text_is_well_formed_and_comes_back(text: str) -> None:
    root = ET.fromstring(str(element("g", {"data-name": text}, text)).encode())
    shown = "".join(each if each in "\t\n\r" or is_in_xml(each) else "\ufffd" for each in text)
    assert (root.text or "").replace("\r", "\n") == shown.replace("\r\n", "\n").replace("\r", "\n")


def is_in_xml(character: str) -> bool:
    """Production 2 of XML 1.0."""
    code = ord(character)
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def test_elements_are_those_that_would_be_written_one_by_one() -> None:
    places = [0.0, -0.0, 1.255, 12.5, -3.004]
    names = ["a", '"<&>', "\x00", "b", "a"]
    pairs = zip(names, places, strict=True)
    one_by_one = joined(element("use", {"class": name, "x": x, "data-quality": None}) for name, x in pairs)
    classes = [written({"class": name, "data-quality": None}) for name in names]
    assert elements("use", classes, coordinates("x", places)) == one_by_one


def test_columns_have_equal_lengths() -> None:
    with pytest.raises(ValueError, match="shorter"):
        elements("use", coordinates("x", [1.0]), coordinates("y", []))
