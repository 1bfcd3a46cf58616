"""Prints the messages of a stream with nats-py, oldest first, and waits for more: read_events.py URL STREAM [COUNT].

Its consumer is its own and vanishes with it: the consumers of the service are not affected.
"""

import asyncio
import sys
from itertools import count

import nats


async def main(url: str, stream: str, most: int | None) -> None:
    client = await nats.connect(url)
    jetstream = client.jetstream()
    (subject,) = (await jetstream.stream_info(stream)).config.subjects or []
    subscription = await jetstream.subscribe(subject, stream=stream, ordered_consumer=True)
    for _ in count() if most is None else range(most):
        message = await subscription.next_msg(timeout=None)
        print(message.subject, message.headers or {}, message.data.decode(), flush=True)
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None))
