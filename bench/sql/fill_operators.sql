-- Fills every hour of [$1, $2) for $3 operators.
insert into anlyt.metrics_hourly (
    scope, scope_id, hour_bucket, total_messages, delivered_messages, failed_messages, segments, total_cost,
    latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
)
select 'OPERATOR', 'op-' || n, hour, 1000, 900, 50, 2000, 12.5, 3000000, 1000, 16, array[200, 300]::int2[],
    array[900, 100]::int8[]
from generate_series(1, $3::int) as n
cross join generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') as hour
