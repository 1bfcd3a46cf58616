"""The request by which a log asks a witness for its signature (C2SP tlog-witness), and what a witness decides."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from schema.tlog.checkpoints import Checkpoint, parse_checkpoint
from schema.tlog.merkle import EMPTY, HASH, Hash, consistent
from schema.tlog.notes import Note, VerifierKey, parse_note

ADD_CHECKPOINT: Final = "/add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
MOST_STEPS: Final = 63
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint, and the proof that it is consistent with the last one, of size `old`."""

    old: int
    proof: Sequence[Hash]
    note: str

    def __str__(self) -> str:
        steps = "".join(f"{b64encode(step).decode()}\n" for step in self.proof)
        return f"old {self.old}\n{steps}\n{self.note}"


def parse_request(text: str) -> Request:
    """The request of a body. Raises ValueError with what is wrong."""
    head, _, note = text.partition("\n\n")
    first, *steps = head.split("\n")
    match = _OLD.fullmatch(first)
    if match is None or len(steps) > MOST_STEPS:
        raise ValueError(f"the first line is `old` and a size, at most {MOST_STEPS} lines follow until an empty one")
    return Request(int(match[1]), [_step(step) for step in steps], note)


def _step(line: str) -> Hash:
    try:
        step = b64decode(line, validate=True)
    except ValueError:
        step = b""
    if len(step) != HASH:
        raise ValueError("a line of the proof is a hash of 32 bytes in base64")
    return step


class Seen(NamedTuple):
    """The newest checkpoint of a log that a witness has signed."""

    size: int = 0
    root: Hash = EMPTY


class Decision(NamedTuple):
    """The answer of a witness, in HTTP's statuses. `checkpoint`: what to remember and sign, with 200 only."""

    status: int
    why: str
    checkpoint: Checkpoint | None = None
    note: Note | None = None


def decide(request: Request, keys: Mapping[str, Sequence[VerifierKey]], seen: Mapping[str, Seen]) -> Decision:
    """Whether a witness signs. `keys`: those of each log that it knows, by origin; `seen`: by origin, too."""
    try:
        note = parse_note(request.note)
        checkpoint = parse_checkpoint(note.text)
    except ValueError as error:
        return Decision(400, str(error))
    if checkpoint.origin not in keys:
        return Decision(404, f"the log {checkpoint.origin} is unknown")
    if not any(key.has_signed(note) for key in keys[checkpoint.origin]):
        return Decision(403, f"no known key of {checkpoint.origin} has signed this")
    if request.old > checkpoint.size:
        return Decision(400, f"the old size {request.old} is above {checkpoint.size}")
    known = seen.get(checkpoint.origin, Seen())
    if request.old != known.size or (checkpoint.size == known.size and checkpoint.root != known.root):
        return Decision(409, str(known.size))
    if not consistent(known.size, known.root, checkpoint.size, checkpoint.root, request.proof):
        return Decision(422, f"the log was rewritten: it does not begin with its first {known.size} entries")
    return Decision(200, "signed", checkpoint, note)
