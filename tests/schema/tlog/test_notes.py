"""Signed notes, verifier keys and checkpoints: what is written is read, and what is wrong is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schema.tlog.checkpoints import Checkpoint, parse_checkpoint
from schema.tlog.notes import Note, Signer, parse_key, parse_note, parse_signatures, signed_note

LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
NEXT = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"n" * 32))
WITNESS = Signer("witness.example", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
CHECKPOINT = Checkpoint("example.com/log", 17, bytes(range(32)), ("a line",))


def test_a_note_is_read_as_it_was_written() -> None:
    note = signed_note(CHECKPOINT.text, [LOG, NEXT])
    note = Note(note.text, [*note.signatures, WITNESS.cosign(note.text, 1_790_000_000)])
    read = parse_note(str(note))
    assert read == note
    assert parse_checkpoint(read.text) == CHECKPOINT
    for key in (LOG.verifier, NEXT.verifier, WITNESS.witness):
        assert key.has_signed(read)
        assert parse_key(key.text) == key
    assert not WITNESS.verifier.has_signed(read)
    assert not LOG.witness.has_signed(read)


def test_no_changed_text_has_valid_signatures() -> None:
    note = signed_note(CHECKPOINT.text, [LOG])
    note = Note(note.text, [*note.signatures, WITNESS.cosign(note.text, 1_790_000_000)])
    for changed in (note.text.replace("17", "18"), note.text + "more\n", note.text.replace("a line", "A line")):
        assert not LOG.verifier.has_signed(Note(changed, note.signatures))
        assert not WITNESS.witness.has_signed(Note(changed, note.signatures))
    later = note.signatures[1]._replace(content=(1_790_000_001).to_bytes(8) + note.signatures[1].content[8:])
    assert not WITNESS.witness.has_signed(Note(note.text, [later]))
    assert not LOG.verifier.has_signed(Note(note.text, [note.signatures[0]._replace(name="example.com/other")]))


@pytest.mark.parametrize(
    "text", ["", "text\n", "text\n\n", "text\n\n— a\n", "text\n\n— a AAAA\n", "t\n\n- a AAAAAAAA\n"]
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_note(text)


@pytest.mark.parametrize("lines", ["", "\n", "— a AAAAAAAA\n\n", "— a  AAAAAAAA\n", "— a+b AAAAAAAA\n"])
def test_what_is_no_signature_is_refused(lines: str) -> None:
    with pytest.raises(ValueError, match="is no signature line"):
        parse_signatures(lines)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("example.com/log", "is no verifier key"),
        (LOG.verifier.text.replace("+", " "), "is no verifier key"),
        (LOG.verifier.text.replace("example", "other"), "is not that of its key"),
        (LOG.verifier.text[:-4], "neither an Ed25519 key nor a witness's"),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n1\n",
        f"\n1\n{'A' * 43}=\n",
        f"log\n01\n{'A' * 43}=\n",
        f"log\n-1\n{'A' * 43}=\n",
        f"log\n1\n{'A' * 43}\n",
        f"log\n1\n{'A' * 42}B=\n",
        f"log\n1\n{'A' * 40}\n",
        f"log\n1\n{'A' * 43}=",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"of a checkpoint|a checkpoint has"):
        parse_checkpoint(text)
