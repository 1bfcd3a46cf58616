"""Parses the metadata that JetStream puts into a message's reply subject.

`$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>`; servers with a
domain add two tokens before the stream and one at the end.
"""

from typing import Final

from infra.frames import Frame
from schema.instants import NANOSECONDS

TOKENS: Final = 9  # in the form without a domain


def stored_at(message: Frame) -> int:
    """The instant (microseconds since 1970) at which the stream stored the message."""
    return stored(message) // NANOSECONDS


def stored(message: Frame) -> int:
    """When the stream stored the message, in nanoseconds since 1970, as in `schema.decoding.Stamped`."""
    return int(_token(message, 7))


def sequence(message: Frame) -> int:
    """The message's sequence in its stream."""
    return int(_token(message, 5))


def is_newest(message: Frame) -> bool:
    """Whether the consumer had nothing more to deliver behind this message.

    False for a redelivered one: the server does not say how many redeliveries follow.
    """
    return _token(message, 4) == b"1" and _token(message, 8) == b"0"


def _token(message: Frame, index: int) -> bytes:
    """A token of the reply subject; `index` counts in the form without a domain."""
    tokens = message.reply.split(b".")
    return tokens[index if len(tokens) == TOKENS else index + 2]
