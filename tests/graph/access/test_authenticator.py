"""Several authentication methods: the strongest credential of a request decides."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from graph.access import AccountScope, Authenticator, PlatformScope, make_authenticator
from graph.access.rate_limit import BURST_SECONDS
from graph.errors import InvalidQueryError, RateLimitedError, UnauthenticatedError
from infra.errors import UsageError
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, REPORTS, open_api, portal
from tests.graph.support.problems import check_problem
from tests.graph.support.tokens import bearer, key_set, token

pytestmark = pytest.mark.anyio

MESH = {"X-Forwarded-Client-Cert": "URI=spiffe://cluster.local/ns/customer-portal/sa/web"}
CUSTOMER: Mapping[str, Any] = {"roles": ["customer"], "tenant_id": "t", "account_id": "a"}


@pytest.fixture
def keys(tmp_path: Path) -> str:
    (tmp_path / "keys.json").write_bytes(key_set("ec-1"))
    return str(tmp_path / "keys.json")


@pytest.fixture
def authenticator(keys: str) -> Authenticator:
    return make_authenticator(read_settings({"ANLYT_AUTH": "headers,mesh,jwt", "ANLYT_JWKS": keys}))


async def test_each_method_identifies_its_callers(authenticator: Authenticator) -> None:
    assert await authenticator.admit(Headers(dict(ADMIN))) == PlatformScope("admin-dashboard")
    assert await authenticator.admit(Headers(MESH)) == AccountScope("customer-portal", None, None)
    assert await authenticator.admit(Headers(bearer(token()))) == PlatformScope("user-1")


async def test_the_strongest_credential_decides(authenticator: Authenticator) -> None:
    everything = {**ADMIN, **MESH, **bearer(token(**CUSTOMER))}
    assert await authenticator.admit(Headers(everything)) == AccountScope("user-1", "a", "t")
    assert await authenticator.admit(Headers({**ADMIN, **MESH})) == AccountScope("customer-portal", None, None)
    others = {"X-Tenant-Id": "other", "X-Account-Id": "other", **bearer(token(**CUSTOMER))}
    assert await authenticator.admit(Headers(others)) == AccountScope("user-1", "a", "t")


@pytest.mark.parametrize(
    "failing", [bearer("x"), bearer(""), bearer(token(exp=1)), {"X-Forwarded-Client-Cert": "URI=x"}]
)
async def test_an_invalid_credential_does_not_fall_back_to_a_weaker_one(
    authenticator: Authenticator, failing: dict[str, str]
) -> None:
    with pytest.raises(UnauthenticatedError):
        await authenticator.admit(Headers({**ADMIN, **failing}))


async def test_methods_that_are_not_configured_are_ignored(keys: str) -> None:
    mesh = make_authenticator(read_settings({"ANLYT_AUTH": "mesh"}))
    for stranger in (dict(ADMIN), bearer(token())):
        with pytest.raises(UnauthenticatedError):
            await mesh.admit(Headers(stranger))
    tokens = make_authenticator(read_settings({"ANLYT_AUTH": "jwt", "ANLYT_JWKS": keys}))
    for stranger in (dict(ADMIN), MESH):
        with pytest.raises(UnauthenticatedError) as refused:
            await tokens.admit(Headers(stranger))
        assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "name", [b"x-caller", b"x-tenant-id", b"x-account-id", b"x-forwarded-client-cert", b"authorization"]
)
async def test_an_identity_given_twice_is_refused(authenticator: Authenticator, name: bytes) -> None:
    with pytest.raises(InvalidQueryError, match=f"{name.decode()} appears 2 times"):
        await authenticator.admit(
            Headers(raw=[(b"x-caller", b"admin-dashboard"), (name, b"a"), (name, b"a")][name == b"x-caller" :])
        )


async def test_tenant_account_and_caller_with_one_name_have_separate_limits() -> None:
    """A caller that exhausts its own limit affects no other caller's, and learns nothing about it."""
    authenticator = make_authenticator(read_settings({"ANLYT_RATE_LIMIT": "1"}))
    same = "customer-portal"
    callers = [{"X-Tenant-Id": same}, {"X-Account-Id": same}, {}]
    for caller in callers:
        headers = Headers({"X-Caller": "customer-portal", **caller})
        for _ in range(BURST_SECONDS):
            await authenticator.admit(headers)
        with pytest.raises(RateLimitedError):
            await authenticator.admit(headers)


async def test_each_tenant_has_its_own_limit() -> None:
    authenticator = make_authenticator(read_settings({"ANLYT_RATE_LIMIT": "1"}))
    for _ in range(BURST_SECONDS):
        await authenticator.admit(Headers(dict(portal("a"))))
    with pytest.raises(RateLimitedError):
        await authenticator.admit(Headers(dict(portal("another account of the tenant"))))
    await authenticator.admit(Headers({**portal("a"), "X-Tenant-Id": "tenant-2"}))
    for _ in range(10 * BURST_SECONDS):
        await authenticator.admit(Headers(dict(ADMIN)))


async def test_rest_and_graphql_report_invalid_identities(pool: Pool, keys: str) -> None:
    settings = read_settings({"ANLYT_AUTH": "jwt,headers", "ANLYT_JWKS": keys, "ANLYT_RATE_LIMIT": "1"})
    async with open_api(pool, settings=settings) as api:
        for caller in (bearer("nonsense"), {}):
            rest = await api.client.get(f"{REPORTS}/summary", headers=caller)
            check_problem(rest, 401, "UNAUTHENTICATED")
            graph = await api.client.post("/graphql", json={"query": "{ __typename }"}, headers=caller)
            assert (graph.status_code, graph.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
            for answer in (rest, graph):
                assert answer.headers["www-authenticate"].startswith('Bearer realm="anlyt"')
                assert "nonsense" not in answer.text
        mine = bearer(token(roles=["customer"], tenant_id="t", account_id="mine"))
        for _ in range(BURST_SECONDS - 1):
            assert (await api.client.get(f"{REPORTS}/accounts/mine/usage", headers=mine)).status_code == 200
        other = await api.client.get(f"{REPORTS}/accounts/other/usage", headers=mine)
        check_problem(other, 403, "FORBIDDEN_ACCOUNT")
        limited = await api.client.get(f"{REPORTS}/accounts/mine/usage", headers=mine)
        check_problem(limited, 429, "RATE_LIMITED")
        assert limited.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "environment",
    [
        {"ANLYT_AUTH": "jwt"},
        {"ANLYT_AUTH": "headers,jwt"},
        {"ANLYT_AUTH": "mesh", "ANLYT_API_HOST": "0.0.0.0"},
        {"ANLYT_AUTH": "jwt", "ANLYT_JWKS": "http://issuer.test/keys"},
        {"ANLYT_RATE_LIMIT": "-1"},
        {"ANLYT_TRUST_DOMAIN": "spiffe://x"},
    ],
)
def test_unsafe_settings_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        read_settings(environment)


def test_safe_settings_are_accepted() -> None:
    trusted = {"ANLYT_AUTH": "mesh", "ANLYT_API_HOST": "0.0.0.0", "ANLYT_TRUST_NETWORK": "1"}
    assert read_settings(trusted).trust_network
    safe = {"ANLYT_AUTH": "jwt", "ANLYT_API_HOST": "0.0.0.0", "ANLYT_JWKS": "https://issuer.test/keys"}
    assert read_settings(safe).auth == ("jwt",)
