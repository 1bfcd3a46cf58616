"""The data model, without I/O.

In reading order:

* Events: `streams`, `values` (what a field may be), `events`, `fields` (what is declared), `decoding`, `samples`.
* Bad events: `checking` and `problems`, with `event_types` and `hints`; `masking`, `phone_numbers`, `dead_letters`.
* Counting: `writes` (results of functions), `figures` and `histogram` (PostgreSQL), `facts` and `cubes` (ClickHouse).
* Queries: `expressions`, `catalog/`. Documents: `json_schema`. Published: `quality`. Evidence: `integrity`, `tlog/`.
* Runs of pipelines and comparisons with billing: `statuses`.
* Memory: `dedup`, `history`, `partitions`. Exact numbers: `instants`, `money`, `rounding`. The release: `version`.

`postgres/` and `clickhouse/` have the DDL, `events/` the JSON Schemas of events.
"""
