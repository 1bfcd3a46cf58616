"""An issuer of bearer tokens, and a server of its keys."""

import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from infra.settings import Settings, read_settings

AUDIENCE, ISSUER = "anlyt", "https://issuer.test"


@cache
def private_key(name: str) -> Any:
    """The private key of a name, whose prefix is the key's type."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=1024 if "short" in name else 2048)
    if name.startswith("ed"):
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP384R1() if "384" in name else ec.SECP256R1())


def algorithm_of(name: str) -> str:
    return {"rsa": "RS256", "ed-": "EdDSA"}.get(name[:3], "ES384" if "384" in name else "ES256")


def public_jwk(name: str, **more: Any) -> dict[str, Any]:
    algorithm = jwt.get_algorithm_by_name(algorithm_of(name))
    jwk: Any = algorithm.to_jwk(private_key(name).public_key(), as_dict=True)
    return {**jwk, "kid": name, "use": "sig", **more}


def key_set(*names: str) -> bytes:
    return json.dumps({"keys": [public_jwk(name) for name in names]}).encode()


def settings_with_keys(folder: Path, auth: str = "jwt", **more: str) -> Settings:
    """Settings of an API that accepts tokens with the key "ec-1", which a file in `folder` has."""
    keys = folder / "keys.json"
    keys.write_bytes(key_set("ec-1"))
    return read_settings({"ANLYT_AUTH": auth, "ANLYT_JWKS": str(keys), **more})


def token(key: str = "ec-1", /, *, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A token that is valid unless `claims` or `header` change that; None removes a claim."""
    whole = {"sub": "user-1", "exp": int(time.time()) + 600, "roles": ["platform.admin"], **claims}
    payload = {name: value for name, value in whole.items() if value is not None}
    headers = {name: value for name, value in {"kid": key, **(header or {})}.items() if value is not None}
    return jwt.encode(payload, private_key(key), algorithm_of(key), headers=headers)


def unsigned(header: Mapping[str, Any], payload: Mapping[str, Any], signature: bytes = b"") -> str:
    """A token of any header and payload, with any bytes as its signature."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@dataclass
class KeyServer:
    """The response to the next request, and the number of requests so far."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    readings: int = 0
    url: str = ""

    async def answer(self, _: web.Request) -> web.Response:
        self.readings += 1
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@asynccontextmanager
async def key_server(body: bytes) -> AsyncIterator[KeyServer]:
    served = KeyServer(body)
    app = web.Application()
    app.router.add_get("/keys", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
    try:
        yield served
    finally:
        await runner.cleanup()
