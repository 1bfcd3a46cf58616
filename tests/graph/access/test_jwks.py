"""The cached key set: it is refreshed on rotation, and kept while its server is down."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from graph.access.jwks import COOLDOWN, FRESH, LARGEST, KeyRing, make_fetch, parse
from infra.errors import DependencyUnavailableError
from tests.graph.support.tokens import key_server, key_set, public_jwk

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def refresh_ended() -> None:
    """Waits for a refresh in the background."""
    refreshes = [task for task in asyncio.all_tasks() if "KeyRing._read" in repr(task)]
    if refreshes:
        await asyncio.wait(refreshes)


async def test_a_token_of_a_new_key_triggers_a_refresh() -> None:
    clock = Clock()
    async with key_server(key_set("ec-1")) as server:
        ring = KeyRing(make_fetch(server.url), clock)
        assert await ring.find("ec-1", "ES256")
        assert await ring.find("ec-2", "ES256") is None
        server.body = key_set("ec-1", "ec-2")
        assert (await ring.find("ec-2", "ES256"), server.readings) == (None, 1)  # within the cooldown
        clock.now += COOLDOWN
        assert await ring.find("ec-2", "ES256")
        assert server.readings == 2


async def test_unknown_keys_cost_one_refresh_per_cooldown() -> None:
    clock = Clock()
    async with key_server(key_set("ec-1")) as server:
        ring = KeyRing(make_fetch(server.url), clock)
        for _ in range(3):
            clock.now += COOLDOWN
            keys = await asyncio.gather(*(ring.find(f"made-up-{number}", "ES256") for number in range(50)))
            assert set(keys) == {None}
        assert server.readings == 3


async def test_old_keys_stay_in_use_until_a_refresh_succeeds() -> None:
    clock = Clock()
    async with key_server(key_set("ec-1")) as server:
        ring = KeyRing(make_fetch(server.url), clock)
        assert await ring.find("ec-1", "ES256")
        for status, body in (
            (500, b""),
            (200, b"<html>"),
            (200, b'{"keys": []}'),
            (302, b""),
            (200, b" " * LARGEST * 2),
        ):
            server.status, server.body, server.headers = status, body, {"Location": "/keys"} if status == 302 else {}
            before = server.readings
            clock.now += FRESH
            assert await ring.find("ec-1", "ES256"), (status, body[:20])
            await refresh_ended()
            assert server.readings == before + 1
        server.status, server.body, server.headers = 200, key_set("ec-2"), {}
        clock.now += COOLDOWN
        assert await ring.find("ec-1", "ES256")  # the refresh is still running
        await refresh_ended()
        assert await ring.find("ec-1", "ES256") is None
        assert await ring.find("ec-2", "ES256")
    clock.now += FRESH
    assert await ring.find("ec-2", "ES256")
    await refresh_ended()
    assert await ring.find("ec-2", "ES256")


async def test_without_any_key_set_the_dependency_is_unavailable() -> None:
    clock = Clock()
    async with key_server(b"") as server:
        server.status = 503
        ring = KeyRing(make_fetch(server.url), clock)
        for _ in range(5):
            with pytest.raises(DependencyUnavailableError):
                await ring.find("ec-1", "ES256")
        assert server.readings == 1
        server.status, server.body = 200, key_set("ec-1")
        clock.now += COOLDOWN
        assert await ring.find("ec-1", "ES256")


async def test_a_file_is_refreshed_too(tmp_path: Path) -> None:
    file, clock = tmp_path / "keys.json", Clock()
    ring = KeyRing(make_fetch(str(file)), clock)
    with pytest.raises(DependencyUnavailableError):
        await ring.find("ec-1", "ES256")
    file.write_bytes(key_set("ec-1"))
    clock.now += COOLDOWN
    assert await ring.find("ec-1", "ES256")


@pytest.mark.parametrize(
    ("jwk", "algorithms"),
    [
        (public_jwk("ec-1"), {"ES256"}),
        (public_jwk("ec384-1"), {"ES384"}),
        (public_jwk("ed-1"), {"EdDSA"}),
        (public_jwk("rsa-1"), {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
        (public_jwk("rsa-1", alg="PS256"), {"PS256"}),
        (public_jwk("rsa-1", alg="HS256"), set()),
        (public_jwk("rsa-1", alg="none"), set()),
        (public_jwk("ec-1", alg="RS256"), set()),
        (public_jwk("ec-1", use="enc"), set()),
        (public_jwk("ec-1", x=5), set()),
        (public_jwk("ec-1", x="AA"), set()),
        (public_jwk("rsa-short"), set()),
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"}, set()),
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "s"}, set()),
        ({"kty": "RSA", "kid": "s"}, set()),
        ({"kty": ["RSA"], "kid": ["s"]}, set()),
        (public_jwk("ec-1") | {"kid": ["s"]}, set()),
        (public_jwk("ec-1") | {"kid": 5}, set()),
        ("x", set()),
    ],
)
def test_a_key_determines_its_algorithms(jwk: Any, algorithms: set[str]) -> None:
    keys = parse(json.dumps({"keys": [jwk, public_jwk("ed-9")]}).encode())
    assert {algorithm for kid, algorithm in keys if kid != "ed-9"} == algorithms


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys": 5}', b'{"keys": [{}]}', b"\xff", b"[" * 9000])
def test_a_text_that_is_no_key_set_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse(text)
