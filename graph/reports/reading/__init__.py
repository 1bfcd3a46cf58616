"""How reports read: one snapshot of both stores, in one statement where that is enough.

In reading order: `reader` is the way in, and `concurrency` its queue. `marks` say whether days have changed. `rows`
come from PostgreSQL by one statement, cells.sql, and from `archive` where days have left for ClickHouse. `snapshot`
makes `parts` of them, and recalls those that are `kept` at the same marks. `active` counts accounts.
"""
