"""Pseudonyms are stable, unique and reveal nothing; an addendum in force yields real names."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.access.pseudonyms import ALPHABET, KNOWN_MNOS, LONG_ALPHABET, Pseudonyms, draw
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
def test_each_mno_gets_its_own_pseudonym(first: set[str], later: set[str]) -> None:
    drawn = draw(first, ())
    added = draw(later - first, drawn.values())
    both = {**drawn, **added}
    assert both.keys() == first | later
    assert len(set(both.values())) == len(both)
    assert all(name.startswith("MNO-") for name in both.values())


def test_exhausted_letters_are_followed_by_pairs_and_then_by_none() -> None:
    mnos = [f"m{number}" for number in range(len(ALPHABET) + len(LONG_ALPHABET) + 3)]
    drawn = draw(mnos, ())
    assert len(set(drawn.values())) == len(drawn) == len(ALPHABET) + len(LONG_ALPHABET)


def test_letters_are_uniform() -> None:
    """Every MNO gets every letter equally often, so a letter reveals nothing about the MNO."""
    rounds = 3000
    drawn = Counter((mno, letter) for _ in range(rounds) for mno, letter in draw(KNOWN_MNOS, ()).items())
    expected = rounds / len(ALPHABET)
    assert len(drawn) == len(KNOWN_MNOS) * len(ALPHABET)
    # Six standard deviations of a binomial count: by chance in one of about a million runs of all 130 counts.
    assert all(abs(times - expected) < 6 * expected**0.5 for times in drawn.values())


async def test_pseudonyms_do_not_change_when_mnos_are_added(pool: Pool, tenant: str) -> None:
    pseudonyms = Pseudonyms(pool)
    first = await pseudonyms.of_tenant(tenant)
    later = await pseudonyms.assign(tenant, ["NEW_1", "NEW_2"])
    assert first is not None
    assert later is not None
    assert first.keys() == {*KNOWN_MNOS, "unknown"}
    assert first["unknown"] == "unknown"
    assert later.items() > first.items()
    assert await Pseudonyms(pool).of_tenant(tenant) == later == await pseudonyms.assign(tenant, ["AWCC", "unknown"])


async def test_tenants_have_different_pseudonyms(pool: Pool) -> None:
    pseudonyms = Pseudonyms(pool)
    drawn = [tuple(sorted((await pseudonyms.of_tenant(f"other-{number}") or {}).items())) for number in range(20)]
    # Two of twenty tenants draw the same in one of 40,000 runs; two such pairs are practically impossible.
    assert len(set(drawn)) >= len(drawn) - 1


async def test_concurrent_processes_agree(pool: Pool, tenant: str) -> None:
    assigned: list[Mapping[str, str] | None] = await asyncio.gather(
        *(Pseudonyms(pool).assign(tenant, [f"NEW_{number % 3}"]) for number in range(12))
    )
    final = await Pseudonyms(pool).of_tenant(tenant)
    assert final is not None
    assert final.keys() == {*KNOWN_MNOS, "NEW_0", "NEW_1", "NEW_2", "unknown"}
    assert all(each is not None and each.items() <= final.items() for each in assigned)


@pytest.mark.parametrize(
    ("times", "in_force"),  # valid_from, valid_to, revoked_at
    [
        ((NOW - HOUR, None, None), True),
        ((NOW - HOUR, NOW + HOUR, None), True),
        ((NOW + HOUR, None, None), False),
        ((NOW - 2 * HOUR, NOW - HOUR, None), False),
        ((NOW - HOUR, None, NOW - timedelta(minutes=1)), False),
        ((NOW - HOUR, None, NOW + HOUR), False),  # a revocation counts immediately
    ],
)
async def test_an_addendum_counts_while_it_is_in_force(
    pool: Pool, tenant: str, times: Sequence[datetime | None], in_force: bool
) -> None:
    await pool.execute("insert into anlyt.data_share_addenda values ($1, $2, $3, $4)", tenant, *times)
    assert (await Pseudonyms(pool).of_tenant(tenant) is None) == in_force
    assert await Pseudonyms(pool).of_tenant("somebody else") is not None


async def test_one_addendum_in_force_suffices(pool: Pool, tenant: str) -> None:
    rows = [(tenant, NOW - HOUR, None, NOW), (tenant, NOW - HOUR, None, None)]
    await pool.executemany("insert into anlyt.data_share_addenda values ($1, $2, $3, $4)", rows)
    assert await Pseudonyms(pool).of_tenant(tenant) is None


async def test_an_addendum_and_its_end_count_immediately(pool: Pool, tenant: str) -> None:
    pseudonyms = Pseudonyms(pool)
    before = await pseudonyms.of_tenant(tenant)
    await pool.execute("insert into anlyt.data_share_addenda (tenant_id, valid_from) values ($1, now())", tenant)
    assert await pseudonyms.of_tenant(tenant) is None
    await pool.execute("update anlyt.data_share_addenda set revoked_at = now() where tenant_id = $1", tenant)
    assert before is not None
    assert await pseudonyms.of_tenant(tenant) == before
