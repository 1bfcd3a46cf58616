"""The reasons of NATS errors, in the server's words."""

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import APIError, NoStreamResponseError

from infra.errors import UsageError
from schema.streams import Stream

# The server's codes (errors.json of nats-server).
NO_STREAM = 10059


def reason(error: BaseException) -> str:
    """The reason of a NATS error in words; for any other error, its repr(). nats-py's own repr() has no reason."""
    match error:
        case APIError(description=str() as words, err_code=int() as code):
            return f"{words} (JetStream error {code})"
        case NoStreamResponseError():
            return "no stream takes this subject"
        case NoRespondersError() | APIError(code=503, description=None):
            return "JetStream does not answer"
        case NatsTimeoutError():
            return "NATS did not answer in time"
        case NatsError():
            return str(error).removeprefix("nats: ") or type(error).__name__
        case _:
            return repr(error)


def missing_stream(stream: Stream) -> UsageError:
    """The error for a stream that does not exist: which one, and what to do."""
    return UsageError(f"Stream {stream.name} does not exist; run `anlyt migrate` first.")


def is_missing_stream(error: APIError) -> bool:
    """Whether a 404 means that the stream is missing, and not a message or consumer in it."""
    return error.err_code == NO_STREAM
