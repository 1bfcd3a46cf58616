"""The key that signs manifests, and its public form."""

from base64 import urlsafe_b64decode
from contextlib import AsyncExitStack

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from graph.exports.keys import ManifestKey, Signer
from infra.errors import UsageError
from infra.postgres import open_pool

pytestmark = pytest.mark.anyio

KEYS = "anlyt.export_signing_key"

# RFC 8037, appendix A: a key, and its thumbprint.
D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_example_of_the_rfc() -> None:
    signer = Signer(Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(f"{D}=")))
    assert (signer.public.x, signer.public.kid) == (X, KID)
    public = load_pem_public_key(signer.public.pem.encode())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(signer.sign(b"content"), b"content")
    assert signer.sign(b"content") == signer.sign(b"content")


async def test_all_processes_have_the_same_key(dsn: str) -> None:
    async with AsyncExitStack() as opened:
        pools = [await opened.enter_async_context(open_pool(dsn, size=1)) for _ in range(2)]
        signers = [await ManifestKey(pool, None, KEYS).signer() for pool in pools]
        assert signers[0].public == signers[1].public
        pem = _pem(Ed25519PrivateKey.generate())
        given = [await ManifestKey(pool, pem, KEYS).signer() for pool in pools]
        assert given[0].public == given[1].public != signers[0].public
    connection = await asyncpg.connect(dsn)
    assert len(await connection.fetchval("select key from anlyt.export_signing_key")) == 32
    await connection.close()


async def test_other_keys_are_rejected(dsn: str) -> None:
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    async with open_pool(dsn, size=1) as pool:
        for pem in ("", "x", _pem(Ed25519PrivateKey.generate())[:80], other, _with_password()):
            with pytest.raises(UsageError, match="ANLYT_EXPORT_SIGNING_KEY must be an Ed25519 private key"):
                ManifestKey(pool, pem, KEYS)


def _pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _with_password() -> str:
    encryption = BestAvailableEncryption(b"password")
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
