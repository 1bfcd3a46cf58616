"""The keys that verify bearer tokens: a JSON Web Key Set (RFC 7517), cached and refreshed."""

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

FRESH: Final = 300.0  # seconds until a refresh in the background; the cached keys stay in use meanwhile
COOLDOWN: Final = 10.0  # seconds between two refreshes, however many tokens name an unknown key
TIMEOUT: Final = 3.0  # seconds of one request
LARGEST: Final = 256 << 10  # bytes of a key set
SHORTEST_RSA: Final = 2048  # bits

# (kty, crv) -> algorithms. The key decides, not the token. Symmetric algorithms are excluded (RFC 8725, 3.1).
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
    """Caches keys by (kid, algorithm). When a refresh fails, the previous keys stay in use."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._keys: Keys = {}
        self._read_at = self._tried_at = -float("inf")
        self._refresh: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Any:
        """Returns a key, or None. Raises DependencyUnavailableError when no key set could be read yet."""
        key = _lookup(self._keys, kid, algorithm)
        if key is None:
            await self._refreshed()
            key = _lookup(self._keys, kid, algorithm)
        elif self._clock() - self._read_at >= FRESH:
            self._start_refresh()
        if not self._keys:
            raise DependencyUnavailableError("The keys of bearer tokens cannot be read; try again in a few seconds.")
        return key

    async def _refreshed(self) -> None:
        """Waits for the running refresh, or for a new one unless the last is within COOLDOWN."""
        self._start_refresh()
        if self._refresh is not None:
            await asyncio.shield(self._refresh)

    def _start_refresh(self) -> None:
        if self._refresh is None and self._clock() - self._tried_at >= COOLDOWN:
            self._tried_at = self._clock()
            self._refresh = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            self._keys = parse(await self._fetch())
            self._read_at = self._clock()
        except (OSError, TimeoutError, aiohttp.ClientError, ValueError) as error:
            logger().warning("the keys of bearer tokens cannot be read", why=str(error) or type(error).__name__)
        finally:
            self._refresh = None


def parse(text: bytes) -> Keys:
    """Returns the keys of a set that can verify a signature. Raises ValueError when there is none."""
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
        raise ValueError("the key set has no key that can verify a signature")
    return keys


def check_file(place: str) -> None:
    """Raises MisconfiguredError unless a file has keys. Skips URLs, which are read when a token arrives."""
    if place.startswith(_SCHEMES):
        return
    try:
        parse(Path(place).read_bytes())
    except (OSError, ValueError) as error:
        reason = f"{place}: {getattr(error, 'strerror', None) or error}"
        raise MisconfiguredError(
            "ANLYT_JWKS", "the key set cannot be read", reason, "Correct the path or the file."
        ) from error


def make_fetch(place: str) -> Fetch:
    """Returns a function that reads a file, or a URL without following redirects."""
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
    """Returns a key, or None. Without a `kid`, returns the only key of the algorithm, if there is exactly one."""
    if kid is not None:
        return keys.get((kid, algorithm))
    matching = [key for (_, name), key in keys.items() if name == algorithm]
    return matching[0] if len(matching) == 1 else None


def _algorithms(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    """The algorithms of a key: its `alg`, or all algorithms of its type."""
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
