"""Bearer tokens: valid ones yield scopes; forged, expired and malformed ones are refused."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from starlette.datastructures import Headers

from graph.access import AccountScope, PlatformScope, Scope
from graph.access.jwks import KeyRing
from graph.access.tokens import identify_by_token
from graph.errors import ForbiddenError, UnauthenticatedError
from tests.graph.support.tokens import (
    AUDIENCE,
    ISSUER,
    bearer,
    key_set,
    private_key,
    public_jwk,
    token,
    unsigned,
)

pytestmark = pytest.mark.anyio

KEYS = key_set("ec-1", "rsa-1", "ed-1", "ec384-1")


async def identify(
    text: str, audience: str | None = None, issuer: str | None = None, keys: bytes = KEYS
) -> Scope | None:
    async def fetch() -> bytes:
        return keys

    return await identify_by_token(KeyRing(fetch), audience, issuer)(Headers(bearer(text)))


async def refusal(text: str, audience: str | None = None, issuer: str | None = None) -> str:
    """Returns the message of a refused token, which never contains the token."""
    with pytest.raises(UnauthenticatedError) as refused:
        await identify(text, audience, issuer)
    assert 'error="invalid_token"' in refused.value.headers["WWW-Authenticate"]
    assert not text or text not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("key", ["ec-1", "rsa-1", "ed-1", "ec384-1"])
async def test_roles_become_scopes(key: str) -> None:
    assert await identify(token(key)) == PlatformScope("user-1")
    assert await identify(token(key, roles=["platform.finance", "x"])) == PlatformScope("user-1", "finance")
    assert await identify(token(key, roles=["customer"], tenant_id="t", account_id="a")) == AccountScope(
        "user-1", "a", "t"
    )
    assert await identify(token(key, roles=["customer"])) == AccountScope("user-1", None, None)
    assert await identify(token(key, roles=["customer", "platform.admin"])) == PlatformScope("user-1")


@pytest.mark.parametrize("roles", [[], None, ["admin"], ["Platform.Admin"], ["platform.admin "]])
async def test_other_roles_see_nothing(roles: list[str] | None) -> None:
    with pytest.raises(ForbiddenError):
        await identify(token(roles=roles, tenant_id="t", account_id="a"))


async def test_configured_audience_and_issuer_are_required() -> None:
    named = token(aud=[AUDIENCE, "x"], iss=ISSUER)
    assert await identify(named, AUDIENCE, ISSUER) == await identify(named) == PlatformScope("user-1")
    for wrong in (token(iss=ISSUER), token(aud="x", iss=ISSUER), token(aud=AUDIENCE), token(aud=AUDIENCE, iss="x")):
        await refusal(wrong, AUDIENCE, ISSUER)
    assert "another audience" in await refusal(token(aud="x"), AUDIENCE)
    assert "another issuer" in await refusal(token(iss="x"), None, ISSUER)


async def test_a_small_clock_skew_is_tolerated() -> None:
    now = int(time.time())
    assert await identify(token(exp=now - 15, nbf=now + 15, iat=now + 15))
    assert "expired" in await refusal(token(exp=now - 60))
    assert "not valid yet" in await refusal(token(nbf=now + 60))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"sub": None},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"exp": []},
        {"sub": ""},
        {"sub": 5},
        {"sub": "x" * 257},
        {"roles": "platform.admin"},
        {"roles": [5]},
        {"roles": {"platform.admin": True}},
        {"tenant_id": 5},
        {"tenant_id": "a b"},
        {"account_id": ["a"]},
        {"account_id": "x" * 65},
        {"nbf": "x"},
    ],
)
async def test_missing_or_malformed_claims_are_refused(claims: dict[str, Any]) -> None:
    await refusal(token(**claims) if claims.get("sub", "") != 5 else _signed({"sub": 5, "exp": 4e9, "roles": []}))


def _signed(payload: dict[str, Any]) -> str:
    """Returns a signed token with claims that the library refuses to sign."""
    head, body = unsigned({"alg": "EdDSA", "kid": "ed-1"}, payload).split(".")[:2]
    return f"{head}.{body}.{_url(private_key('ed-1').sign(f'{head}.{body}'.encode()))}"


def _url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _keyed_with_the_public_key(kid: str) -> str:
    """Returns a token with an HMAC whose key is the public key (an algorithm confusion attack)."""
    pem = (
        private_key(kid)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head, body = unsigned({"alg": "HS256", "kid": kid}, PAYLOAD).split(".")[:2]
    return f"{head}.{body}.{_url(hmac.new(pem, f'{head}.{body}'.encode(), hashlib.sha256).digest())}"


PAYLOAD = {"sub": "user-1", "exp": 4_000_000_000, "roles": ["platform.admin"]}
FORGED: list[Callable[[], str]] = [
    lambda: "",
    lambda: "x",
    lambda: "a.b.c",
    lambda: "....",
    lambda: "\xff\xfe",
    lambda: "x" * 9000,
    lambda: unsigned({"alg": "none"}, PAYLOAD),
    lambda: unsigned({"alg": "None", "kid": "ec-1"}, PAYLOAD),
    lambda: unsigned({"alg": "none", "kid": "ec-1"}, PAYLOAD),
    lambda: unsigned({"kid": "ec-1"}, PAYLOAD),
    lambda: unsigned({"alg": ["ES256"], "kid": "ec-1"}, PAYLOAD),
    lambda: unsigned({"alg": "ES256", "kid": ["ec-1"]}, PAYLOAD),
    lambda: unsigned({"alg": "ES256", "kid": "ec-1"}, PAYLOAD),
    lambda: unsigned({"alg": "ES256", "kid": "ec-1"}, PAYLOAD, b"\0" * 64),
    lambda: unsigned({"alg": "RS256", "kid": "ec-1"}, PAYLOAD, b"\0" * 256),
    lambda: unsigned({"alg": "ES256", "kid": "ec-1", "crit": ["x"], "x": 1}, PAYLOAD, b"\0" * 64),
    lambda: _keyed_with_the_public_key("rsa-1"),
    lambda: _keyed_with_the_public_key("ec-1"),
    lambda: token("ec-2", header={"kid": "ec-1"}),  # another's key under a known name
    lambda: token("ec-2", header={"jwk": public_jwk("ec-2"), "kid": "ec-1"}),  # a key that comes along
    lambda: token("rsa-2", header={"jku": "http://127.0.0.1:1/keys"}),
    lambda: token("ed-1", header={"kid": "rsa-1"}),
    lambda: token("ec-1", header={"kid": "ec384-1"}),
    lambda: token()[:-4] + "AAAA",
    lambda: token() + "=",
    lambda: token() + ".x",
    lambda: ".".join([token().split(".")[0], unsigned({}, PAYLOAD).split(".")[1], token().split(".")[2]]),
]


@pytest.mark.parametrize("forged", FORGED)
async def test_forged_tokens_are_refused(forged: Callable[[], str]) -> None:
    await refusal(forged())


async def test_a_token_without_kid_uses_the_only_key_of_its_algorithm() -> None:
    nameless = token("ec-1", header={"kid": None})
    assert await identify(nameless, keys=key_set("ec-1", "rsa-1"))
    await refusal(token("ec-2", header={"kid": None}))
    with pytest.raises(UnauthenticatedError):
        await identify(nameless, keys=key_set("ec-1", "ec-2"))


@pytest.mark.parametrize("scheme", ["Basic", "Token", "DPoP"])
async def test_other_schemes_are_not_tokens(scheme: str) -> None:
    async def fetch() -> bytes:
        raise AssertionError("nothing to look up")

    identify_caller = identify_by_token(KeyRing(fetch), None, None)
    assert await identify_caller(Headers({"Authorization": f"{scheme} {token()}"})) is None
    assert await identify_caller(Headers({})) is None


async def test_any_changed_byte_is_detected() -> None:
    random, valid = Random(11), token("ed-1")
    for _ in range(300):
        position = random.randrange(len(valid) - 1)  # the last character has unused bits
        changed = valid[:position] + random.choice(".-_AZ09az") + valid[position + 1 :]
        if changed != valid:
            await refusal(changed)


async def test_malformed_jose_headers_are_refused() -> None:
    for odd in (b"[]", b"5", b'"x"', b"null", b"{", b"\xff", json.dumps({"alg": {}}).encode(), b"[" * 3000):
        await refusal(f"{_url(odd)}.{_url(b'{}')}.{_url(b'x')}")
