"""The naive consumer: one transaction per event, with SELECT, INSERT and three upserts."""

import msgspec
from nats.aio.client import Client

from infra.postgres import Connection

TABLES = """
create schema naive;
create table naive.seen (event_id text primary key);
create table naive.metrics (
    scope text, scope_id text, hour timestamptz, delivered bigint, failed bigint, latency_sum bigint,
    primary key (scope, scope_id, hour)
)
"""
UPSERT = """
insert into naive.metrics as m values ($1, $2, date_trunc('hour', $3::text::timestamptz), $4, $5, $6)
on conflict (scope, scope_id, hour) do update set delivered = m.delivered + excluded.delivered,
    failed = m.failed + excluded.failed, latency_sum = m.latency_sum + excluded.latency_sum
"""


async def consume(client: Client, connection: Connection, stream: str, subject: str, count: int) -> None:
    """Processes `count` delivery reports one by one and acknowledges each."""
    await connection.execute(TABLES)
    subscription = await client.jetstream().pull_subscribe(subject, durable="naive", stream=stream)
    done = 0
    while done < count:
        for message in await subscription.fetch(min(500, count - done)):
            await _count(connection, msgspec.json.decode(message.data))
            await message.ack()
            done += 1
    await subscription.unsubscribe()


async def _count(connection: Connection, event: dict[str, object]) -> None:
    async with connection.transaction():
        if await connection.fetchval("select true from naive.seen where event_id = $1", event["eventId"]):
            return
        await connection.execute("insert into naive.seen values ($1)", event["eventId"])
        delivered = event["deliveryStatus"] == "DELIVERED"
        counts = (event["receivedAt"], int(delivered), int(not delivered), event["latencyMs"])
        for scope, id_ in (
            ("PLATFORM", "platform"),
            ("OPERATOR", event["operatorId"]),
            ("ACCOUNT", event["accountId"]),
        ):
            await connection.execute(UPSERT, scope, id_, *counts)
