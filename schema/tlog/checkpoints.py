"""Checkpoints (C2SP tlog-checkpoint): the size and root of a log, as the text of a signed note."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final, NamedTuple

from schema.tlog.merkle import HASH, Hash

_LEAST_LINES: Final = 4  # with the empty one after the last newline
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(NamedTuple):
    """What a log was. `origin`: its name. `extensions`: further lines, which nobody interprets."""

    origin: str
    size: int
    root: Hash
    extensions: Sequence[str] = ()

    @property
    def text(self) -> str:
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint of a note's text. Raises ValueError with what is wrong."""
    lines = text.split("\n")
    if len(lines) < _LEAST_LINES or lines.pop() or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise ValueError("a checkpoint has a line with its origin, one with its size, and one with its root")
    origin, size, root, *extensions = lines
    try:
        decoded = b64decode(root, validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) != HASH or b64encode(decoded).decode() != root:
        raise ValueError("the third line of a checkpoint is its root: 32 bytes in base64")
    return Checkpoint(origin, int(size), decoded, tuple(extensions))
