"""What a witness decides, for each case that C2SP tlog-witness names."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schema.tlog.checkpoints import Checkpoint
from schema.tlog.merkle import EMPTY
from schema.tlog.notes import Signer, signed_note
from schema.tlog.witnessing import Request, Seen, decide, parse_request
from tests.support.tlog_trees import MemoryLog

LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
OTHER = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
KEYS = {"example.com/log": [LOG.verifier]}
TREE = MemoryLog([bytes([number]) for number in range(20)])
REWRITTEN = MemoryLog([b"x", *TREE.entries[1:]])
SEEN = {"example.com/log": Seen(7, TREE.root(7))}


def request(tree: MemoryLog, old: int, size: int, signer: Signer = LOG, origin: str = "example.com/log") -> Request:
    note = str(signed_note(Checkpoint(origin, size, tree.root(size)).text, [signer]))
    return Request(old, tree.consistency(old, size) if old else [], note)


def test_requests_are_read_as_they_are_written() -> None:
    for each in (request(TREE, 7, 12), request(TREE, 0, 12), request(TREE, 12, 12)):
        assert parse_request(str(each)) == each


def test_a_log_that_grows_is_signed() -> None:
    decision = decide(request(TREE, 7, 12), KEYS, SEEN)
    assert (decision.status, decision.checkpoint) == (200, Checkpoint("example.com/log", 12, TREE.root(12)))
    assert decide(request(TREE, 7, 7), KEYS, SEEN).status == 200
    assert decide(request(TREE, 0, 12), KEYS, {}).status == 200
    assert (
        decide(request(TREE, 7, 12, OTHER), {**KEYS, "example.com/log": [LOG.verifier, OTHER.verifier]}, SEEN).status
        == 200
    )


@pytest.mark.parametrize(
    ("wrong", "status", "why"),
    [
        (request(TREE, 7, 12, origin="example.com/other"), 404, "the log example.com/other is unknown"),
        (request(TREE, 7, 12, OTHER), 403, "no known key of example.com/log has signed this"),
        (replace(request(TREE, 7, 12), old=13), 400, "the old size 13 is above 12"),
        (request(TREE, 5, 12), 409, "7"),
        (request(TREE, 0, 12), 409, "7"),
        (request(TREE, 3, 5), 409, "7"),
        (request(REWRITTEN, 7, 7), 409, "7"),
        (request(REWRITTEN, 7, 12), 422, "the log was rewritten: it does not begin with its first 7 entries"),
        (replace(request(TREE, 7, 12), proof=[]), 422, "the log was rewritten"),
        (replace(request(TREE, 7, 12), proof=[EMPTY, *request(TREE, 7, 12).proof]), 422, "the log was rewritten"),
        (replace(request(TREE, 7, 12), note="no note"), 400, "a signed note has"),
    ],
)
def test_everything_else_is_refused(wrong: Request, status: int, why: str) -> None:
    decision = decide(wrong, KEYS, SEEN)
    assert decision.status == status
    assert decision.why.startswith(why)
    assert decision.checkpoint is None


@pytest.mark.parametrize("body", ["", "old\n\n", "old 01\n\nnote", "old -1\n\n", "new 1\n\n", "old 1\nshort\n\nnote"])
def test_what_is_no_request_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        parse_request(body)


def test_a_proof_has_at_most_63_lines() -> None:
    with pytest.raises(ValueError, match="at most 63 lines"):
        parse_request(str(Request(1, [EMPTY] * 64, "note")))
