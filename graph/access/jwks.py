"""The keys that sign bearer tokens: a JSON Web Key Set (RFC 7517), remembered and read again in time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import aiohttp
import jwt
import msgspec

from infra.errors import DependencyUnavailableError, MisconfiguredError
from infra.telemetry import logger

FRESH: Final = 300.0  # seconds after which keys are read again, while those at hand still serve
COOLDOWN: Final = 10.0  # seconds between two readings, however many tokens name a key that nobody knows
TIMEOUT: Final = 3.0  # seconds
LARGEST: Final = 256 << 10  # bytes of a key set
SHORTEST_RSA: Final = 2048  # bits

# What a key may be used for follows from the key: a token cannot choose. No shared secret is ever among them.
ALGORITHMS: Final[Mapping[tuple[str, str | None], tuple[str, ...]]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ASYMMETRIC: Final = frozenset(name for names in ALGORITHMS.values() for name in names)

_SCHEMES: Final = ("http://", "https://")

Keys: TypeAlias = Mapping[tuple[str | None, str], Any]  # by (kid, algorithm)
Fetch: TypeAlias = Callable[[], Awaitable[bytes]]


class KeyRing:
    """Keys by (kid, algorithm). A set that cannot be read leaves the one before in force."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._keys: Keys = {}
        self._read_at = self._asked_at = -float("inf")
        self._reading: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Any:
        """The key, or None; DependencyUnavailableError while no set was ever read."""
        found = _lookup(self._keys, kid, algorithm)
        if found is None:
            await self._read_again()
            found = _lookup(self._keys, kid, algorithm)
        elif self._clock() - self._read_at >= FRESH:
            self._begin()
        if not self._keys:
            raise DependencyUnavailableError("The keys of bearer tokens cannot be read; try again in a few seconds.")
        return found

    async def _read_again(self) -> None:
        """Waits for a reading that is under way, or for a new one if the last is long enough ago."""
        self._begin()
        if self._reading is not None:
            await asyncio.shield(self._reading)

    def _begin(self) -> None:
        if self._reading is None and self._clock() - self._asked_at >= COOLDOWN:
            self._asked_at = self._clock()
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            self._keys = parse(await self._fetch())
            self._read_at = self._clock()
        except (OSError, TimeoutError, aiohttp.ClientError, ValueError) as error:
            logger().warning("the keys of bearer tokens cannot be read", why=str(error) or type(error).__name__)
        finally:
            self._reading = None


def parse(text: bytes) -> Keys:
    """The keys of a set that can check a signature; ValueError when there is none."""
    try:
        listed = msgspec.json.decode(text, type=dict[str, Any]).get("keys")
    except msgspec.DecodeError as error:
        raise ValueError(f"not a key set: {error}") from None
    keys = {
        (jwk.get("kid"), algorithm): key
        for jwk in (listed if isinstance(listed, list) else [])
        if isinstance(jwk, dict) and jwk.get("use", "sig") == "sig" and isinstance(jwk.get("kid"), str | None)
        for algorithm in _algorithms(jwk)
        if (key := _key(jwk, algorithm)) is not None
    }
    if not keys:
        raise ValueError("the key set has no key that can check a signature")
    return keys


def check_file(place: str) -> None:
    """MisconfiguredError unless a file has keys. A URL may be away; it is asked when a token comes."""
    if place.startswith(_SCHEMES):
        return
    try:
        parse(Path(place).read_bytes())
    except (OSError, ValueError) as error:
        reason = f"{place}: {getattr(error, 'strerror', None) or error}"
        raise MisconfiguredError(
            "ANLYT_JWKS", "the key set cannot be read", reason, "Correct the path or the file."
        ) from error


def source(place: str) -> Fetch:
    """Reads a file, or a URL without following it elsewhere."""
    if not place.startswith(_SCHEMES):
        return lambda: asyncio.to_thread(Path(place).read_bytes)

    async def fetch() -> bytes:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT), raise_for_status=True) as session,
            session.get(place, allow_redirects=False) as response,
        ):
            text = await response.content.read(LARGEST + 1)
            while chunk := await response.content.read(LARGEST + 1 - len(text)):
                text += chunk
            if len(text) > LARGEST:
                raise ValueError(f"the key set is longer than {LARGEST} bytes")
            return text

    return fetch


def _lookup(keys: Keys, kid: str | None, algorithm: str) -> Any:
    """A token without a `kid` means the only key there is for its algorithm."""
    if kid is not None:
        return keys.get((kid, algorithm))
    fitting = [key for (_, name), key in keys.items() if name == algorithm]
    return fitting[0] if len(fitting) == 1 else None


def _algorithms(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    """Its own `alg`, or all that its type allows."""
    kty, crv = jwk.get("kty"), jwk.get("crv")
    allowed = next((names for key, names in ALGORITHMS.items() if key == (kty, crv)), ())
    own = jwk.get("alg")
    return allowed if own is None else tuple(name for name in allowed if name == own)


def _key(jwk: Mapping[str, Any], algorithm: str) -> Any:
    try:
        key = jwt.PyJWK(dict(jwk), algorithm).key
    except jwt.PyJWTError:
        return None
    return None if getattr(key, "key_size", SHORTEST_RSA) < SHORTEST_RSA and jwk["kty"] == "RSA" else key
