"""A cursor opens only for the purpose and the context that it was signed for."""

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.access.cursors import LONGEST, CursorKey, Cursors, PagePosition
from graph.errors import InvalidQueryError
from infra.postgres import Pool

KEY = b"k" * 32
CURSORS = Cursors(KEY)
VALUES = st.one_of(st.none(), st.text(max_size=20), st.integers(-(2**63), 2**63))
POSITIONS = st.lists(VALUES, max_size=6).map(tuple)
TEXTS = st.text(max_size=20)


def check_refused(cursors: Cursors, purpose: str, context: str, cursor: str) -> None:
    with pytest.raises(InvalidQueryError) as caught:
        cursors.open(purpose, context, cursor, PagePosition)
    (problem,) = caught.value.problems
    assert problem.path == "$.after"


@given(TEXTS, TEXTS, POSITIONS)
def test_a_signed_cursor_opens(purpose: str, context: str, position: PagePosition) -> None:
    cursor = CURSORS.sign(purpose, context, position)
    assert CURSORS.open(purpose, context, cursor, PagePosition) == position
    assert cursor.isascii()
    assert all(character.isalnum() or character in "-_" for character in cursor)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_a_cursor_of_another_purpose_or_context_is_refused(
    purpose: str, context: str, other_purpose: str, other_context: str
) -> None:
    cursor = CURSORS.sign(purpose, context, ("a", 1))
    if (purpose, context) != (other_purpose, other_context):
        check_refused(CURSORS, other_purpose, other_context, cursor)


def test_purpose_and_context_are_not_interchangeable() -> None:
    check_refused(CURSORS, "ab", "c", CURSORS.sign("a", "bc", ("a",)))


@given(POSITIONS, st.data())
def test_an_edited_cursor_is_refused(position: PagePosition, data: st.DataObject) -> None:
    """Each cursor has exactly one spelling."""
    cursor = CURSORS.sign("query", "mine", position)
    at = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.sampled_from("AZaz09-_=+/ .\n\N{LATIN SMALL LETTER E WITH ACUTE}"))
    edited = data.draw(
        st.sampled_from(
            [
                cursor[:at] + character + cursor[at + 1 :],
                cursor[:at] + character + cursor[at:],
                cursor[:at],
                cursor + character,
                cursor + "=" * (-len(cursor) % 4 or 4),
            ]
        )
    )
    if edited != cursor:
        check_refused(CURSORS, "query", "mine", edited)


@pytest.mark.parametrize(
    "text", ["", "a", "AAAA", "=", "%%%%", "\u0000", "x" * (LONGEST + 1), "A" * 43, "\N{FULLWIDTH DIGIT ONE}"]
)
def test_a_text_that_was_never_signed_is_refused(text: str) -> None:
    check_refused(CURSORS, "query", "mine", text)


def test_a_cursor_of_another_key_is_refused() -> None:
    check_refused(Cursors(b"l" * 32), "query", "mine", CURSORS.sign("query", "mine", ("a",)))


@pytest.mark.anyio
async def test_all_processes_share_one_key(pool: Pool, dsn: str) -> None:
    """They use the migrations' key, unless a key is configured."""
    first, second = CursorKey(pool, None), CursorKey(pool, None)
    cursor = (await first.cursors()).sign("query", "mine", ("a",))
    assert (await second.cursors()).open("query", "mine", cursor, PagePosition) == ("a",)
    check_refused(await CursorKey(pool, "configured" * 4).cursors(), "query", "mine", cursor)
    connection = await asyncpg.connect(dsn)
    assert len(await connection.fetchval("select key from anlyt.signing_key")) == 32
    await connection.close()
