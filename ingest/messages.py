"""What JetStream says of a message in its reply subject.

`$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>`; servers with a
domain put two more words before the stream, and one at the end.
"""

from typing import Final

from infra.frames import Frame
from schema.instants import NANOSECONDS

WORDS: Final = 9  # in the form without a domain


def stored_at(message: Frame) -> int:
    """The instant at which the stream stored the message."""
    return stored(message) // NANOSECONDS


def stored(message: Frame) -> int:
    """When the stream stored the message, in nanoseconds since 1970: as `schema.decoding.Stamped` has it."""
    return int(_word(message, 7))


def sequence(message: Frame) -> int:
    """The message's number in its stream."""
    return int(_word(message, 5))


def _word(message: Frame, index: int) -> bytes:
    """A word by its index in the form without a domain."""
    words = message.reply.split(b".")
    return words[index if len(words) == WORDS else index + 2]
