"""The product's edges: settings, engines, telemetry, migrations.

In reading order:

* A process: `settings`, `setting_values`, `setting_conflicts` and `secret_files`, `environment`, `endpoints` and `urls`
  (addresses of engines), `listening` and `tls`, `telemetry`, `metrics` and `kept_metrics`, `errors`, `faults` (a
  setting is wrong), `cancelling`, `probes`.
* PostgreSQL: `postgres`, `sessions`, `arrays`, `partitions`, `dedup`, `reporting_currency`.
* NATS: `nats`, `frames` (the fast path), `consumers` and `suitability`, `seek`, `progress`, `refusals`.
* ClickHouse and S3: `clickhouse`, `clickhouse_settings`, `s3`, `s3_requests`, `s3_lock`, `tiers` and `tiering`.
* All of them: `sql` (statements), `migrate` and `cluster` (DDL), `zones`.

`tlog/` reads the transparency log, `embedded/` runs engines in a folder. `service/` and `clickhouse/` are the charts,
`alerts/` has the rules.
"""
