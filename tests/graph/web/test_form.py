"""What a form reads from a URL: only a declared list may be repeated, and its items may also stand between commas."""

from datetime import UTC, datetime
from typing import Final

import pytest

from graph.http.parameters import Parameter, read_items
from graph.web.form import WHOLE, read_form

NOW: Final = datetime(2026, 11, 29, tzinfo=UTC)
NAMES: Final = Parameter("name", {"type": "array", "items": {"type": "string"}}, "Some names.")
OTHER: Final = Parameter("other", {"type": "string"}, "A text.")


@pytest.mark.parametrize(
    ("query", "items"),
    [
        (b"name=a&name=b", ["a", "b"]),
        (b"name=a,b", ["a", "b"]),
        (b"name=a%2Cb&other=x&name=c", ["a", "b", "c"]),
        (b"name=&name=a&name=,", ["a"]),
        (b"other=x", []),
    ],
)
def test_a_list_may_be_repeated(query: bytes, items: list[str]) -> None:
    form = read_form(query, (NAMES, OTHER), None, NOW)
    assert form.problems == {}
    assert read_items(NAMES, form.values) == items
    assert form.values.get("other", "x") == "x"


def test_no_other_parameter_may_be_repeated() -> None:
    form = read_form(b"other=x&name=a&other=y&name=b", (NAMES, OTHER), None, NOW)
    assert form.problems == {WHOLE: "Repeated query parameter: other."}
    assert form.values == {"other": "y", "name": "a,b"}
