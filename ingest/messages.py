"""What JetStream says of a message in its reply subject."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nats.aio.msg import Msg

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a message stands in its stream, and when the stream stored it."""

    sequence: int
    stored_at: datetime


def position(message: Msg) -> Position:
    """Read from `$JS.ACK.<stream>.<consumer>.<delivered>.<seq>.<consumer seq>.<ns>.<pending>`.

    Servers with a domain put two more tokens before the stream, and one at the end.
    """
    tokens = message.reply.split(".")
    at = 5 if len(tokens) == 9 else 7
    return Position(int(tokens[at]), EPOCH + timedelta(microseconds=int(tokens[at + 2]) // 1000))
