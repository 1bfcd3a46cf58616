"""The data model, without I/O.

In reading order: `streams` and `events`, `decoding`, `masking` and `dead_letters` (bad events), `writes` (results of
functions), `figures` and `histogram` (what PostgreSQL counts), `facts` and `cubes` (ClickHouse's tables), `expressions`
and `catalog/` (what can be queried), `quality` (the event that we publish), `integrity` (the hash chain). `dedup`,
`history` and `partitions` say what is kept, and for how long. `instants`, `money` and `rounding` are exact numbers.
`postgres/` and `clickhouse/` have the DDL.
"""
