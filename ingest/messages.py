"""What JetStream says of a message in its reply subject.

`$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>`; servers with a
domain put two more tokens before the stream, and one at the end.
"""

from typing import Final

from infra.frames import Frame

SHORT: Final = 8  # dots in the form without a domain


def stored_at(message: Frame) -> int:
    """The instant at which the stream stored the message."""
    return int(_token(message, 3)) // 1000


def sequence(message: Frame) -> int:
    """The message's number in its stream."""
    return int(_token(message, 5))


def _token(message: Frame, from_the_end: int) -> bytes:
    """A token, counted from the end of the form with a domain."""
    if message.reply.count(b".") == SHORT:
        from_the_end -= 1
    return message.reply.rsplit(b".", from_the_end)[-from_the_end]
