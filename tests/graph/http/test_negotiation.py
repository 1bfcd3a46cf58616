"""Content negotiation: the media type that a client prefers among those of the query endpoint."""

import pytest
from starlette.datastructures import Headers

from graph.errors import NotAcceptableError
from graph.http.negotiation import preferred
from graph.rest.query import MEDIA_TYPES

JSON, CSV, ARROW = MEDIA_TYPES


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", JSON),
        ("*/*", JSON),
        (CSV, CSV),
        (ARROW, ARROW),
        ("TEXT/CSV", CSV),
        ("text/*", CSV),
        ("application/*", JSON),
        ("text/csv, application/json", JSON),  # equal qualities: the first offered wins
        ("text/csv, application/json;q=0.9", CSV),
        ("text/csv;q=0.1,*/*;q=0.2", JSON),
        ("application/json;q=0, */*", CSV),
        ("application/json;q=0.5;x=y, application/vnd.apache.arrow.stream; q=0.8", ARROW),
        ("text/csv;header=present", CSV),
        ("text/csv;q=7, application/vnd.apache.arrow.stream;q=0.1", ARROW),
        (";;,,q=1,", JSON),
    ],
)
def test_the_highest_quality_wins(accept: str, wanted: str) -> None:
    assert preferred(Headers({"accept": accept}), MEDIA_TYPES) == wanted


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=nan", "application/json;q=0", "*/*;q=0, image/*"])
def test_an_accept_header_that_excludes_all_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptableError, match="text/csv"):
        preferred(Headers({"accept": accept}), MEDIA_TYPES)


def test_without_the_header_the_first_wins() -> None:
    assert preferred(Headers({}), MEDIA_TYPES) == JSON


def test_a_header_given_twice_is_one_list() -> None:
    headers = Headers(raw=[(b"accept", b"image/png"), (b"accept", b"text/csv")])
    assert preferred(headers, MEDIA_TYPES) == CSV
