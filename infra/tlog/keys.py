"""The keys that sign checkpoints, from the setting or from the table that a migration filled."""

import re
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infra.errors import UsageError
from schema.tlog.notes import Signer

_PEM: Final = re.compile(r"-----BEGIN [^-]+-----.+?-----END [^-]+-----", re.DOTALL)


def read_signers(name: str, pems: str, setting: str) -> Sequence[Signer]:
    """A signer for each of the keys in PEM, in their order.

    Raises UsageError if there is none, or if one is no Ed25519 key; `setting` has them.
    """
    keys = [_read(pem) for pem in _PEM.findall(pems)]
    if not keys or not all(isinstance(key, Ed25519PrivateKey) for key in keys):
        raise UsageError(f"{setting} must be one or several Ed25519 private keys in PEM, without a password.")
    return [Signer(name, key) for key in keys if isinstance(key, Ed25519PrivateKey)]


def _read(pem: str) -> object:
    try:
        return load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
