"""Pseudonyms: stable, one each, saying nothing; names under an addendum, for as long as it is in force."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.access.pseudonyms import ALPHABET, KNOWN, LONG_ALPHABET, Pseudonyms, draw
from infra.postgres import Pool

pytestmark = pytest.mark.anyio

MNOS = st.sets(st.text("ABCDE", min_size=1, max_size=4), max_size=40)
_numbers = count(1)
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def tenant() -> str:
    return f"tenant-{next(_numbers)}"


@given(MNOS, MNOS)
def test_each_draws_one_of_its_own(first: set[str], later: set[str]) -> None:
    taken = draw(first, ())
    added = draw(later - first, taken.values())
    both = {**taken, **added}
    assert both.keys() == first | later
    assert len(set(both.values())) == len(both)
    assert all(name.startswith("MNO-") for name in both.values())


def test_when_letters_run_out_there_are_longer_ones_and_then_none() -> None:
    mnos = [f"m{number}" for number in range(len(ALPHABET) + len(LONG_ALPHABET) + 3)]
    drawn = draw(mnos, ())
    assert len(set(drawn.values())) == len(drawn) == len(ALPHABET) + len(LONG_ALPHABET)


def test_nothing_can_be_told_from_a_letter() -> None:
    """Every MNO gets every letter about as often as any other, whatever its name, and however early it came."""
    rounds = 3000
    drawn = Counter((mno, letter) for _ in range(rounds) for mno, letter in draw(KNOWN, ()).items())
    expected = rounds / len(ALPHABET)
    assert len(drawn) == len(KNOWN) * len(ALPHABET)
    # Six standard deviations of a binomial count: by chance once in some million runs of all 130 counts.
    assert all(abs(times - expected) < 6 * expected**0.5 for times in drawn.values())


async def test_stable_however_many_come_later(pool: Pool, tenant: str) -> None:
    pseudonyms = Pseudonyms(pool)
    first = await pseudonyms.of_tenant(tenant)
    later = await pseudonyms.learn(tenant, ["NEW_1", "NEW_2"])
    assert first is not None
    assert later is not None
    assert first.keys() == {*KNOWN, "unknown"}
    assert first["unknown"] == "unknown"
    assert later.items() > first.items()
    assert await Pseudonyms(pool).of_tenant(tenant) == later == await pseudonyms.learn(tenant, ["AWCC", "unknown"])


async def test_tenants_have_letters_of_their_own(pool: Pool) -> None:
    pseudonyms = Pseudonyms(pool)
    seen = [tuple(sorted((await pseudonyms.of_tenant(f"other-{number}") or {}).items())) for number in range(20)]
    # Two of twenty draw the same once in forty thousand runs; two such pairs, never.
    assert len(set(seen)) >= len(seen) - 1


async def test_many_at_once_agree(pool: Pool, tenant: str) -> None:
    """As of several processes."""
    seen: list[Mapping[str, str] | None] = await asyncio.gather(
        *(Pseudonyms(pool).learn(tenant, [f"NEW_{number % 3}"]) for number in range(12))
    )
    final = await Pseudonyms(pool).of_tenant(tenant)
    assert final is not None
    assert final.keys() == {*KNOWN, "NEW_0", "NEW_1", "NEW_2", "unknown"}
    assert all(each is not None and each.items() <= final.items() for each in seen)


@pytest.mark.parametrize(
    ("times", "in_force"),  # valid_from, valid_to, revoked_at
    [
        ((NOW - HOUR, None, None), True),
        ((NOW - HOUR, NOW + HOUR, None), True),
        ((NOW + HOUR, None, None), False),
        ((NOW - 2 * HOUR, NOW - HOUR, None), False),
        ((NOW - HOUR, None, NOW - timedelta(minutes=1)), False),
        ((NOW - HOUR, None, NOW + HOUR), False),  # whoever revokes means now
    ],
)
async def test_an_addendum_in_force(pool: Pool, tenant: str, times: Sequence[datetime | None], in_force: bool) -> None:
    await pool.execute("insert into anlyt.data_share_addenda values ($1, $2, $3, $4)", tenant, *times)
    assert (await Pseudonyms(pool).of_tenant(tenant) is None) == in_force
    assert await Pseudonyms(pool).of_tenant("somebody else") is not None


async def test_any_of_several_addenda(pool: Pool, tenant: str) -> None:
    rows = [(tenant, NOW - HOUR, None, NOW), (tenant, NOW - HOUR, None, None)]
    await pool.executemany("insert into anlyt.data_share_addenda values ($1, $2, $3, $4)", rows)
    assert await Pseudonyms(pool).of_tenant(tenant) is None


async def test_an_addendum_and_its_end_are_felt_at_once(pool: Pool, tenant: str) -> None:
    pseudonyms = Pseudonyms(pool)
    before = await pseudonyms.of_tenant(tenant)
    await pool.execute("insert into anlyt.data_share_addenda (tenant_id, valid_from) values ($1, now())", tenant)
    assert await pseudonyms.of_tenant(tenant) is None
    await pool.execute("update anlyt.data_share_addenda set revoked_at = now() where tenant_id = $1", tenant)
    assert before is not None
    assert await pseudonyms.of_tenant(tenant) == before
