"""Signed notes (C2SP signed-note): a text with signature lines, of Ed25519 keys that have names.

A line of a witness (C2SP tlog-cosignature) also says when it signed.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519: Final = 1  # the algorithm of a note's own signature
COSIGNATURE: Final = 4  # that of a witness
_LINE: Final = re.compile("\u2014 (?P<name>[^\\s+]+) (?P<content>[A-Za-z0-9+/]+={0,2})")
_KEY: Final = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+={0,2})")
_ID: Final = 4  # bytes
_TIME: Final = 8  # bytes
NAME: Final = re.compile(r"[^\s+]{1,200}")
"""What may be the name of a key: any text without spaces and plus signs."""


class Signature(NamedTuple):
    """A signature line. `content`: what follows the key's id."""

    name: str
    key_id: bytes
    content: bytes

    @property
    def line(self) -> str:
        return f"\u2014 {self.name} {b64encode(self.key_id + self.content).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends with a newline, and the signatures below it, which need not be valid."""

    text: str
    signatures: Sequence[Signature]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}"


def parse_note(content: str) -> Note:
    """The note of a text. Raises ValueError with what is wrong."""
    text, separator, lines = content.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise ValueError("a signed note has a text, an empty line, and lines with signatures")
    return Note(f"{text}\n", parse_signatures(lines))


def parse_signatures(lines: str) -> Sequence[Signature]:
    """The signatures of lines that each end with a newline. Raises ValueError with what is wrong."""
    return [_signature(line) for line in lines.removesuffix("\n").split("\n")]


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{line[:80]!r} is no signature line")
    content = b64decode(match["content"], validate=True)
    if len(content) <= _ID:
        raise ValueError(f"the signature of {match['name']} is too short")
    return Signature(match["name"], content[:_ID], content[_ID:])


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public key of a log, or of a witness. `text` is its usual form, NAME+ID+KEY."""

    name: str
    algorithm: int
    key: bytes

    @property
    def id(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + bytes([self.algorithm]) + self.key).digest()[:_ID]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.algorithm]) + self.key).decode()}"

    def has_signed(self, note: Note) -> bool:
        """Whether one of the note's signatures is a valid one of this key."""
        return self.signature_of(note) is not None

    def signature_of(self, note: Note) -> Signature | None:
        """The first valid signature of this key."""
        candidates = [each for each in note.signatures if (each.name, each.key_id) == (self.name, self.id)]
        return next((each for each in candidates if self._is_valid(note.text, each.content)), None)

    def _is_valid(self, text: str, content: bytes) -> bool:
        signed = text.encode()
        if self.algorithm == COSIGNATURE:
            signed, content = cosigned(int.from_bytes(content[:_TIME]), text), content[_TIME:]
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(content, signed)
        except InvalidSignature:
            return False
        return True


def parse_key(text: str) -> VerifierKey:
    """The key of a text NAME+ID+KEY. Raises ValueError with what is wrong."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:80]!r} is no verifier key, such as example.com/log+1a2b3c4d+AbCd...")
    content = b64decode(match["key"], validate=True)
    if len(content) != 1 + 32 or content[0] not in (ED25519, COSIGNATURE):
        raise ValueError(f"the key of {match['name']} is neither an Ed25519 key nor a witness's")
    key = VerifierKey(match["name"], content[0], content[1:])
    if key.id.hex() != match["id"]:
        raise ValueError(f"the id of {match['name']} is not that of its key")
    return key


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs notes with one key under a name."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        return self._verifier(ED25519)

    @property
    def witness(self) -> VerifierKey:
        """The public key for what `cosign` signs."""
        return self._verifier(COSIGNATURE)

    def sign(self, text: str) -> Signature:
        """The signature of a log; always the same for the same text."""
        return Signature(self.name, self.verifier.id, self.key.sign(text.encode()))

    def cosign(self, text: str, seconds: int) -> Signature:
        """The signature of a witness at a time, in seconds since 1970."""
        signature = self.key.sign(cosigned(seconds, text))
        return Signature(self.name, self.witness.id, seconds.to_bytes(_TIME) + signature)

    def _verifier(self, algorithm: int) -> VerifierKey:
        return VerifierKey(self.name, algorithm, self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def cosigned(seconds: int, text: str) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def signed_note(text: str, signers: Iterable[Signer]) -> Note:
    """The note of a text, signed by all of the signers."""
    return Note(text, [signer.sign(text) for signer in signers])
