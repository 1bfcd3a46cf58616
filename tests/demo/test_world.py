"""Forty tenants, two hundred accounts of very different sizes, eight links into five networks."""

from collections import Counter

import numpy as np
import pytest

from demo.world import ACCOUNTS, LANES, OPERATORS, PREFIXES, TENANTS, World, make_world


def test_a_seed_is_a_world(world: World) -> None:
    assert make_world(7) == make_world(7)
    assert make_world(7).accounts != make_world(8).accounts


def test_every_tenant_has_an_account(world: World) -> None:
    assert len(world.accounts) == ACCOUNTS == len({account.id for account in world.accounts})
    assert {account.tenant_id for account in world.accounts} == {f"tenant-{n:03}" for n in range(1, TENANTS + 1)}


def test_the_first_account_is_the_first_tenants(world: World) -> None:
    assert [account.tenant_id for account in world.accounts[:2]] == ["tenant-001", "tenant-002"]


def test_a_tenant_has_one_currency_mostly_usd(world: World) -> None:
    currencies = dict(sorted({(account.tenant_id, account.currency) for account in world.accounts}))
    assert len({(account.tenant_id, account.currency) for account in world.accounts}) == TENANTS
    assert Counter(currencies.values()) == {"USD": 32, "AFN": 8}


def test_sizes_are_skewed_and_the_first_account_is_the_biggest(world: World) -> None:
    sizes = world.shares.sum(axis=1)
    assert sizes.sum() == pytest.approx(1)
    assert np.all(np.diff(sizes) <= 0)
    assert 0.25 < sizes[:10].sum() < 0.40
    assert 0.10 < sizes[100:].sum() < 0.25


def test_every_lane_is_used_and_emergencies_are_rare(world: World) -> None:
    emergency, otp, transactional, marketing = world.shares.sum(axis=0)
    assert len(LANES) == 4
    assert 0 < emergency < 0.01
    assert min(otp, transactional, marketing) > 0.1


def test_links_share_all_traffic_and_every_network_has_one() -> None:
    assert {link.mno for link in OPERATORS} == set(PREFIXES) == {"AWCC", "ROSHAN", "ETISALAT_AF", "MTN_AF", "SALAAM"}
    assert sum(link.share for link in OPERATORS) == pytest.approx(1)
    assert len({(link.delivery_rate, link.median_ms, link.price) for link in OPERATORS}) == len(OPERATORS) == 8
