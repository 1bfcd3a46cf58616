"""The verifier's Ed25519, which needs no package, agrees with the library's."""

from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from graph.audit.verify import ForgedError, is_signed, is_valid
from schema.tlog.checkpoints import Checkpoint
from schema.tlog.notes import Signer, signed_note

SEED = 1820


def test_valid_signatures_are_valid_and_no_changed_one_is() -> None:
    random = Random(SEED)
    for _ in range(12):
        key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
        public, text = key.public_key().public_bytes_raw(), random.randbytes(random.randrange(99))
        signature = key.sign(text)
        assert is_valid(public, text, signature)
        assert not is_valid(public, text + b"x", signature)
        for wrong in (_flipped(random, signature), signature[:-1], signature + b"\0", bytes(64)):
            assert not _valid(public, text, wrong)
        assert not _valid(_flipped(random, public), text, signature)


def _valid(public: bytes, text: bytes, signature: bytes) -> bool:
    try:
        return is_valid(public, text, signature)
    except ForgedError:  # not even a point
        return False


def _flipped(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    changed[random.randrange(len(content))] ^= 1 << random.randrange(8)
    return bytes(changed)


def test_a_scalar_that_is_too_large_is_no_signature() -> None:
    """RFC 8032, 5.1.7: otherwise somebody could make a second signature of the same text."""
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    signature = key.sign(b"text")
    scalar = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    again = signature[:32] + scalar.to_bytes(32, "little")
    assert not is_valid(key.public_key().public_bytes_raw(), b"text", again)


def test_notes_are_signed_by_one_of_several_keys() -> None:
    old, new, other = (
        Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(c * 32)) for c in (b"o", b"n", b"x")
    )
    note = str(signed_note(Checkpoint("example.com/log", 3, bytes(32)).text, [old, new]))
    assert is_signed(note, old.verifier.text)
    assert is_signed(note, new.verifier.text)
    assert not is_signed(note, other.verifier.text)
    assert not is_signed(note.replace("\n3\n", "\n4\n"), new.verifier.text)
