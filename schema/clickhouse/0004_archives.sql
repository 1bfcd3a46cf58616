-- Archives of the aggregates that are older than PostgreSQL keeps them. The pipeline `archive` writes them in batches;
-- which batches count says anlyt.archive_batches in PostgreSQL, and no row counts without it.
--
-- An event that came after its day was archived is in a batch of its own: figures of an hour or a day are the sum of all
-- its rows (the peak rate their maximum). A row written twice replaces itself.
create table if not exists anlyt.metrics_hourly_archive (
    hour_bucket DateTime('UTC') codec(Delta, ZSTD),
    scope LowCardinality(String),
    scope_id String codec(ZSTD),
    total_messages Int64 codec(T64, ZSTD),
    delivered_messages Int64 codec(T64, ZSTD),
    failed_messages Int64 codec(T64, ZSTD),
    pending_messages Int64 codec(T64, ZSTD),
    segments Int64 codec(T64, ZSTD),
    total_cost Decimal(38, 6) codec(ZSTD), -- reporting currency only
    costs Map(String, Decimal(38, 6)) codec(ZSTD), -- of every other currency
    latency_sum_ms Int64 codec(T64, ZSTD),
    latency_sample_count Int64 codec(T64, ZSTD),
    peak_tps Int64 codec(T64, ZSTD),
    latency_bins Array(Int16) codec(ZSTD), -- schema/histogram.py, ascending
    latency_counts Array(Int64) codec(ZSTD), -- of latency_bins, one by one
    batch Int64 codec(Delta, ZSTD)
)
engine = ReplacingMergeTree
partition by toYYYYMM(hour_bucket)
order by (scope, scope_id, hour_bucket, batch)
settings fsync_after_insert = 1;

create table if not exists anlyt.metrics_daily_archive (
    day_bucket Date codec(Delta, ZSTD),
    scope LowCardinality(String),
    scope_id String codec(ZSTD),
    total_messages Int64 codec(T64, ZSTD),
    delivered_messages Int64 codec(T64, ZSTD),
    failed_messages Int64 codec(T64, ZSTD),
    pending_messages Int64 codec(T64, ZSTD),
    segments Int64 codec(T64, ZSTD),
    total_cost Decimal(38, 6) codec(ZSTD), -- reporting currency only
    costs Map(String, Decimal(38, 6)) codec(ZSTD), -- of every other currency
    latency_sum_ms Int64 codec(T64, ZSTD),
    latency_sample_count Int64 codec(T64, ZSTD),
    peak_tps Int64 codec(T64, ZSTD),
    latency_bins Array(Int16) codec(ZSTD), -- schema/histogram.py, ascending
    latency_counts Array(Int64) codec(ZSTD), -- of latency_bins, one by one
    batch Int64 codec(Delta, ZSTD)
)
engine = ReplacingMergeTree
partition by toYYYYMM(day_bucket)
order by (scope, scope_id, day_bucket, batch)
settings fsync_after_insert = 1;
