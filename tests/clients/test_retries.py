"""When the Python client repeats a call, and what it makes of outcomes that the real API rarely has."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from msgspec import convert

from anlyt_client import DisconnectedError, QueryAnswer, Retries, TruncatedError, UnreadableAnswerError
from anlyt_client.answers import Summary
from anlyt_client.calls import api_error, get, result
from anlyt_client.catalog import DlrRow
from anlyt_client.errors import ApiError, seconds_of
from anlyt_client.queries import cursor_after

RETRIES = Retries(attempts=3, pause=1, longest_pause=10)
META: Mapping[str, object] = {
    "source": "facts_dlr",
    "dataAsOf": None,
    "rowCap": 100_000,
    "approximate": {},
    "elapsedMs": 1,
}
WINDOW = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"}


def response(status: int, retry_after: str | None = None, text: str = "") -> httpx.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return httpx.Response(status, headers=headers, text=text, request=httpx.Request("GET", "http://api/"))


@pytest.mark.parametrize("outcome", [*map(response, (429, 502, 503, 504)), httpx.ReadError(""), httpx.ReadTimeout("")])
def test_pauses_are_random_and_double_until_the_last_attempt(outcome: httpx.Response | httpx.RequestError) -> None:
    for failed, most in ((1, 1), (2, 2)):
        pauses = {RETRIES.next_pause(outcome, failed) for _ in range(50)}
        assert len(pauses) > 1
        assert all(pause is not None and most / 2 <= pause <= most for pause in pauses)
    assert RETRIES.next_pause(outcome, 3) is None


@pytest.mark.parametrize(
    "outcome", [*map(response, (200, 400, 401, 404, 422, 500)), httpx.UnsupportedProtocol(""), response(503, "11")]
)
def test_what_no_retry_can_help_is_not_repeated(outcome: httpx.Response | httpx.RequestError) -> None:
    assert RETRIES.next_pause(outcome, 1) is None


def test_a_pause_is_not_shorter_than_the_api_says() -> None:
    for outcome in (response(429, "7"), api_error(response(503, "7"))):
        pause = RETRIES.next_pause(outcome, 1)
        assert pause is not None
        assert 7 < pause <= 8
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < (seconds_of(soon) or 0) <= 100
    assert [seconds_of(each) for each in (None, "", "soon", "Sun Nov 29", "0")] == [None, None, None, None, 0]


def test_what_is_no_answer_of_the_api_has_an_error_of_its_own() -> None:
    call = get("/v1/{id}", Summary, {}, id="a/b c")
    assert call.path == "/v1/a%2Fb%20c"
    with pytest.raises(ApiError, match="HTTP_502") as refused:
        result(call, response(502, text="<html>"))
    assert (type(refused.value), refused.value.status, refused.value.problems) == (ApiError, 502, ())
    with pytest.raises(UnreadableAnswerError):
        result(call, response(200, text="<html>"))
    with pytest.raises(DisconnectedError, match="gone"):
        result(call, httpx.ReadError("gone"))


def test_missing_rows_are_an_error_and_no_end() -> None:
    def page(**members: object) -> QueryAnswer[DlrRow]:
        meta = {**META, "truncated": True, "window": WINDOW}
        return convert({"data": [], "page": members, "meta": meta}, QueryAnswer[DlrRow])

    assert cursor_after(page(endCursor="next", hasNextPage=True)) == "next"
    with pytest.raises(TruncatedError, match="more than 100,000 rows"):
        cursor_after(page())
