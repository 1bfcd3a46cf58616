"""The Ed25519 key (RFC 8032) that signs manifests. Its public key verifies them, but cannot sign."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from msgspec import Struct

from graph.postgres import connected, with_deadline
from infra.errors import UsageError
from infra.postgres import Pool
from infra.sql import statement

_KEY: Final = statement(Path(__file__).parent / "sql", "export_key")


class PublicKey(Struct, frozen=True, kw_only=True):
    """A JSON Web Key (RFC 7517, RFC 8037), and the same key as PEM."""

    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "EdDSA"
    use: str = "sig"
    x: str
    kid: str
    pem: str


class PublicKeys(Struct, frozen=True):
    """A JSON Web Key Set."""

    keys: tuple[PublicKey, ...]


class Signer:
    """Signs with one key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        public = key.public_key()
        x = _base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.public = PublicKey(x=x, kid=_thumbprint(x), pem=pem)

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes. It is the same for the same content."""
        return self._key.sign(content)


class ManifestKey:
    """A signing key of a deployment: `pem` if given, else the key that a migration created in the table `keys`."""

    def __init__(self, pool: Pool, pem: str | None, keys: str) -> None:
        """Raises UsageError if `pem` is no Ed25519 key."""
        self._pool, self._sql = pool, _KEY.replace("{keys}", keys)
        self._signer = None if pem is None else Signer(_read(pem))

    async def signer(self) -> Signer:
        """The signer, read once. Raises DependencyUnavailableError."""
        if self._signer is None:
            async with with_deadline("export_signing_key", self._pool), connected(self._pool) as connection:
                self._signer = Signer(Ed25519PrivateKey.from_private_bytes(await connection.fetchval(self._sql)))
        return self._signer


def _read(pem: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError("ANLYT_EXPORT_SIGNING_KEY must be an Ed25519 private key in PEM, without a password.")
    return key


def _thumbprint(x: str) -> str:
    """The thumbprint (RFC 7638) of an Ed25519 key (RFC 8037, appendix A.3)."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return _base64url(sha256(members.encode()).digest())


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
