"""The function host: fetches, decodes, claims, runs functions, writes, commits and acknowledges.

In reading order: `service` (all workers of a process), `host` (one worker), `reader` and `messages` (what JetStream
delivers), `decode` (events and dead letters), `sink` (what a store offers), `commit` with `ledger`, `copies`,
`partitions` and `writer` (PostgreSQL), `facts` (ClickHouse), `limit` and `deadletters` (bad events), `replay` (sends
the events of dead letters again), `backfill` and `rebuild` (count a stream's retained messages again).
"""
